"""Scenes set inside a real Moodle by its own functions (stage.php), and what became of them."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_STAGE = Path(__file__).with_name("stage.php")


@dataclass(frozen=True)
class Stage:
    command: str  # runs a PHP program that it reads on standard input, in the site's directory
    program: Path = _STAGE

    def play(self, scene: str, **said: Any) -> Any:
        """What the scene answers."""
        done = subprocess.run(
            self.command,
            shell=True,
            input=self.program.read_text(encoding="utf-8"),
            text=True,
            capture_output=True,
            env={**os.environ, "PASSERELLE_SCENE": json.dumps({"do": scene, **said})},
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        return json.loads(done.stdout.strip().splitlines()[-1])

    def look(self, courseid: int) -> Any:
        return self.play("look", courseid=courseid)
