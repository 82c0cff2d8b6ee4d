"""What is asked to know which entries there are. The tenant is not in the conditions: row-level security, or the search
path, has chosen it."""

PAGE = 500
VMS = b"SELECT id FROM vms_hot WHERE id > %(after)s ORDER BY id LIMIT 500"
USERS = b"SELECT id FROM users WHERE id > %(after)s ORDER BY id LIMIT 500"
STATES = b"SELECT DISTINCT state_id FROM vms_hot"
COUNTS = b"""
    SELECT (SELECT count(*) FROM vms_hot) AS vms, (SELECT count(*) FROM users) AS users,
        (SELECT count(DISTINCT state_id) FROM vms_hot) AS states
"""
