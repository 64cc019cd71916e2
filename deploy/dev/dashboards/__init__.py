"""The dashboards, as data."""

from deploy.dev.dashboards import agencies, flow, internals, nation

BOARDS = {
    "flow": flow.BOARD,
    "agencies": agencies.BOARD,
    "nation": nation.BOARD,
    "internals": internals.BOARD,
}
