"""`make code EMAIL=…`: the code an authenticator app would show for a demo login now."""

import sys

from portal.demo import banner


def main() -> int:
    try:
        demo = banner.read()
    except OSError:
        sys.stderr.write("There are no demo logins yet. Run `make demo` first.\n")
        return 1
    for login in demo["logins"]:
        if login["email"] == sys.argv[1] and login.get("totp_secret"):
            sys.stdout.write(f"{banner.totp(login['totp_secret'])}\n")
            return 0
    emails = ", ".join(login["email"] for login in demo["logins"] if login.get("totp_secret"))
    sys.stderr.write(f"No second factor for {sys.argv[1]!r}. Choose one of: {emails}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
