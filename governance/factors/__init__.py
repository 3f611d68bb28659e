"""Second factors of operators: what is enrolled, what proves it, how fresh a proof is, how often one may try.

allauth keeps the rows (`Authenticator`) and makes the codes; fido2 checks what passkeys answer.
"""
