"""Run metrics: settings from the environment."""

from services.metrics.app import create_app
from services.metrics.settings import MetricsSettings
from shared.runtime.service import run

if __name__ == "__main__":
    settings = MetricsSettings()
    run("metrics", create_app(settings), settings)
