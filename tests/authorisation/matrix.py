"""Who may do what: every route and method, with the answer for everybody at the door.

This is the file to review. `test_matrix.py` fails for a route that is not in it, for a row
whose route is gone, and for any answer that differs; what is denied changes nothing.
"""

from tests.authorisation.admin_rows import ADMIN_ROWS
from tests.authorisation.api_rows import API_ROWS
from tests.authorisation.dashboard_rows import DASHBOARD_ROWS
from tests.authorisation.dialog_rows import DIALOGS
from tests.authorisation.policy_rows import POLICIES
from tests.authorisation.public_rows import PUBLIC_ROWS
from tests.authorisation.setup_rows import SETUP

ROWS = [*PUBLIC_ROWS, *API_ROWS, *DASHBOARD_ROWS, *ADMIN_ROWS, *DIALOGS, *SETUP, *POLICIES]
