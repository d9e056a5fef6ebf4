"""What both measurements do with their numbers."""

import json
import os


def keep(report, path):
    """Writes the report as JSON, and prints it."""
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    text = json.dumps(report, indent=2)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text + "\n")
    print(text)
