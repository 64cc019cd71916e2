"""Run the notifier: settings from the environment."""

from services.notifier.app import create_app
from services.notifier.settings import NotifierSettings
from shared.runtime.service import run

if __name__ == "__main__":
    settings = NotifierSettings()
    run("notifier", create_app(settings), settings)
