"""What all tests share."""

import hypothesis

# No test asserts a time: machines differ, and a slow one is not a defect of the code.
hypothesis.settings.register_profile("default", deadline=None)
hypothesis.settings.load_profile("default")
