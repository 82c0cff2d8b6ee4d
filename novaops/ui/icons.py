"""The icons that pages may use, by lucide's names; `script/vendor` joins them into static/img/icons.svg."""

_NAMES = """
activity arrow-down arrow-left-right arrow-right arrow-up arrow-up-right ban bell blocks boxes building-2
calendar-range check chevron-down chevron-right chevron-up chevrons-up-down circle circle-check circle-dashed
circle-minus circle-pause circle-question-mark circle-user circle-x clock clock-alert columns-3 copy crown
database download ellipsis external-link eye filter git-branch gauge hard-drive hand history inbox info
key-round layers layout-dashboard list-tree loader-circle lock log-out map memory-stick menu merge minus
monitor moon network octagon-alert octagon-x pause play plus radio refresh-cw scroll-text search server
shield-check shield-x skip-forward split sun sun-moon table-2 timer trash-2 triangle-alert undo-2 unplug
user users waypoints wifi-off workflow x zap
"""

ICONS = frozenset(_NAMES.split())
