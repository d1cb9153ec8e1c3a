"""The wheel: what a user installs has its data with it and runs from anywhere."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
POST = "United Kingdom condemns Iran\nThe United Kingdom condemns Iran for its cyber attack on Albania.\n"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(target),
        str(ROOT),
    ]
    subprocess.run(command, check=True)
    return next(target.glob("*.whl"))


def test_the_wheel_holds_the_package_data_and_nothing_of_the_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "feeds/catalogue.toml" in names
    assert any(name.startswith("attribution/data/") for name in names)
    assert any(name.startswith("bot/samples/") for name in names)
    assert {name.split("/")[0] for name in names if "dist-info" not in name} == {
        "attribution",
        "feeds",
        "storage",
        "bot",
    }


def test_the_wheel_runs_from_an_empty_environment_and_another_directory(wheel: Path, tmp_path: Path) -> None:
    # The dependencies come from this environment: only our own package must be the wheel's.
    home = tmp_path / "env"
    venv.create(home, with_pip=False)
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    site = next(home.glob("**/site-packages"))
    zipfile.ZipFile(wheel).extractall(site)
    ours = next(Path(path) for path in sys.path if path.endswith("site-packages"))
    (site / "dependencies.pth").write_text(_without_this_project(ours, tmp_path))
    ran = subprocess.run(
        [python, "-c", "from bot.cli import main; main()", "classify"],
        input=POST, capture_output=True, text=True, cwd=tmp_path, timeout=60,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "Iran" in ran.stdout
    where = subprocess.run(
        [python, "-c", "import attribution; print(attribution.__file__)"], capture_output=True, text=True, cwd=tmp_path
    )
    assert Path(where.stdout.strip()).is_relative_to(site)


def _without_this_project(site: Path, tmp_path: Path) -> str:
    """A folder of links to every installed package but the editable install of this project."""
    links = tmp_path / "dependencies"
    links.mkdir()
    for path in site.iterdir():
        if "attribution" not in path.name and path.suffix != ".pth":
            (links / path.name).symlink_to(path)
    return str(links)
