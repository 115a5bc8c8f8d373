"""What the API's bodies look like: typed dictionaries, closed, for what the stand-in handles.

Field names, types and enumerations are the platform's; `tests/unit/sandbox/test_platform_models.py` holds them to the
platform's own description.
"""
