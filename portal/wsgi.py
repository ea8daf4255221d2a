import os
import sys

from django.core.wsgi import get_wsgi_application

from portal.core import memory

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
application = get_wsgi_application()

# A thread whose query has returned waits for the one that computes, by default 5 ms each time. A
# batch of events asks twenty times, and holds locks that the next batch waits for.
sys.setswitchinterval(0.0005)

memory.give_back_large_blocks()
