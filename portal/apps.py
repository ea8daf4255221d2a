from django.contrib.admin.apps import AdminConfig


class AccordAdminConfig(AdminConfig):
    """Django's admin with Accord's own site as the default one."""

    default_site = "portal.admin_site.AccordAdminSite"
