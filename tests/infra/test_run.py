"""`run.py sam build` says before it starts that the template's Python is not there."""

import importlib.util

import pytest

from tests.infra.templates import ROOT

spec = importlib.util.spec_from_file_location("run", ROOT / "infra/run.py")
run = importlib.util.module_from_spec(spec)
spec.loader.exec_module(run)


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [((), "python3.13"), (("--parameter-overrides", "PythonVersion=python3.12"), "python3.12")],
)
def test_the_python_that_is_missing_is_named(monkeypatch, arguments, wanted):
    asked = []
    monkeypatch.setattr(run.shutil, "which", asked.append)
    with pytest.raises(SystemExit, match=wanted):
        run.with_the_templates_python(("build", *arguments))
    assert asked == [wanted]
    monkeypatch.setattr(run.shutil, "which", lambda name: f"/usr/bin/{name}")
    run.with_the_templates_python(("build", *arguments))
