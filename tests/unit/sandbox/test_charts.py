"""The packed charts: what is taken out of Kyverno's own."""

from sandbox.build import charts


def test_descriptions_go_but_a_property_of_that_name_stays() -> None:
    template = "a:\n  description: |-\n    text\n\n    more\n  properties:\n    description:\n      type: string\n"
    assert charts.without_descriptions(template) == "a:\n  properties:\n    description:\n      type: string\n"


def test_the_sources_of_our_own_chart_are_there() -> None:
    assert (charts.SOURCES / "ververica-platform" / "Chart.yaml").is_file()
