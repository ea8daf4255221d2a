"""Verification by an OpenID Connect provider: code flow with PKCE, discovery, no claim too many.

Follows OpenID Connect Core 1.0, Discovery 1.0, RFC 7636 (PKCE, S256), RFC 9207 (issuer in the
answer) and OpenID Connect for Identity Assurance 1.0 (`verified_claims`).
"""
