"""Run the router: settings from the environment."""

from services.router.app import create_app
from services.router.settings import RouterSettings
from shared.runtime.service import run

if __name__ == "__main__":
    settings = RouterSettings()
    run("router", create_app(settings), settings)
