"""The dashboards, as data."""

from deploy.monitoring.boards import agencies, flow, internals, nation

BOARDS = {
    "flow": flow.BOARD,
    "agencies": agencies.BOARD,
    "nation": nation.BOARD,
    "internals": internals.BOARD,
}
