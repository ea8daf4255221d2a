"""What an API client may be allowed to do: one scope an endpoint."""

SCOPES = {
    "events": "Send governance events, and read those that were taken",
    "flags": "Send flags",
    "access": "Ask what an account may do",
    "groups": "Read who is responsible for a group",
    "invitations": "Invite the people behind accounts to sign in",
    "verifications": "Attest that people were verified, and take it back",
}
