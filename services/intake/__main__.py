"""Run intake: settings from the environment."""

from services.intake.app import create_app
from services.intake.settings import IntakeSettings
from shared.runtime.service import run

if __name__ == "__main__":
    settings = IntakeSettings()
    run("intake", create_app(settings), settings)
