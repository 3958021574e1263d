"""Every handler starts with the layer and what the Lambda runtime brings, and nothing else.

The emulator would find a forgotten dependency in its own environment, and AWS would not.
"""

import importlib.util
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from passerelle.pages.templating import templates
from passerelle_laptop.packaging import House, built_requirements, zipped_layer
from tests.infra.templates import ROOT, functions

RUNTIME_BRINGS = ("boto3", "botocore", "s3transfer", "dateutil", "six", "jmespath", "urllib3")

START = """
import importlib.util, pathlib, sys
layer, package, runtime, *handlers = sys.argv[1:]
sys.path[:0] = [layer, package]
sys.path.append(runtime)  # behind the layer, as on Lambda
for handler in handlers:
    spec = importlib.util.spec_from_file_location(pathlib.Path(handler).parent.name, handler)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert callable(module.lambda_handler), handler
# What a handler imports only when it runs is imported as well.
import passerelle
for module in pathlib.Path(package, "passerelle").rglob("*.py"):
    name = ".".join(module.relative_to(package).with_suffix("").parts).removesuffix(".__init__")
    importlib.import_module(name)
allowed = (layer, package, runtime, sys.base_prefix)
for name, module in list(sys.modules.items()):
    origin = getattr(module, "__file__", None)
    assert origin is None or origin.startswith(allowed), f"{name} came from elsewhere"
    assert "site-packages" not in (origin or "") or origin.startswith((layer, runtime)), name
"""


@pytest.fixture(scope="session")
def layer():
    return built_requirements(House.here())


@pytest.fixture(scope="session")
def runtime(tmp_path_factory):
    """What the Lambda runtime for Python brings, apart from everything else installed here."""
    folder = tmp_path_factory.mktemp("runtime")
    for name in RUNTIME_BRINGS:
        origin = Path(importlib.util.find_spec(name).origin)
        whole = origin.parent if origin.name == "__init__.py" else origin
        (folder / whole.name).symlink_to(whole)
    return folder


def start(layer, package, runtime, *handlers):
    # -I and -S: neither the environment nor this interpreter's own packages are seen.
    command = [sys.executable, "-I", "-S", "-c", START, *map(str, (layer, package, runtime, *handlers))]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_every_handler_and_module_imports_with_the_layer_and_boto3_alone(layer, runtime):
    handlers = [ROOT / "functions" / name / "handler.py" for name in functions()]
    done = start(layer, ROOT / "layers/core/python", runtime, *handlers)
    assert done.returncode == 0, done.stderr[-2000:]


def test_a_dependency_that_the_layer_lacks_is_noticed(layer, runtime, tmp_path):
    handler = tmp_path / "handler.py"
    handler.write_text("import yaml\ndef lambda_handler(event, context): ...\n")
    done = start(layer, ROOT / "layers/core/python", runtime, handler)
    assert done.returncode != 0
    assert "No module named 'yaml'" in done.stderr


def test_the_layer_carries_the_pages_templates():
    inside = zipfile.ZipFile(io.BytesIO(zipped_layer(House.here()))).namelist()
    wanted = {f"python/passerelle/pages/templates/{name}" for name in templates().list_templates()}
    assert wanted
    assert wanted <= set(inside)
