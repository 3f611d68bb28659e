"""Format-preserving random tokens: values that look like the real ones and are drawn at random.

Every token is drawn uniformly from the format's space (rejection sampling, never a remainder), so it carries no
information on the value beyond what the parameters keep. The price of a familiar shape is a small space:

| format                     | distinct tokens (default parameters)  | bits | 50 % chance of one collision after |
| -------------------------- | ------------------------------------- | ---- | ---------------------------------- |
| UUID v4                    | 2**122                                | 122  | 2.7e18 tokens                      |
| e-mail, known provider     | 62**12                                | 71.5 | 6.7e10                             |
| full name, two words       | 75**8                                 | 49.8 | 3.7e7                              |
| card, 16 digits            | 9 * 10**14                            | 49.7 | 3.5e7                              |
| phone, "+49" and 11 digits | 9 * 10**10                            | 36.4 | 3.5e5                              |
| SSN                        | 898 * 99 * 9999                       | 29.7 | 3.5e4                              |

(birthday bound: about 1.1774 * sqrt(space); Menezes et al., Handbook of Applied Cryptography, 2.1.5). A
collision costs one more draw and nothing else, as tokens are unique in the store; draws become many only when a space
fills up. So a caller compares the tokens in use with `capacity` and refuses once more than half of it is taken (two
draws on average).
"""
