"""The folders of the tree that files are generated into and checked in."""

from pathlib import Path

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
CLUSTER = DEPLOY / "cluster"
MONITORING = CLUSTER / "monitoring"
CHART = CLUSTER / "helm" / "salur"
# In the chart, since Helm reads no file outside its own folder; compose mounts them from here.
RULES = CHART / "monitoring" / "rules"
DASHBOARDS = CHART / "monitoring" / "dashboards"
