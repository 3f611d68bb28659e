"""The manners of the wire contract that the API doors of several apps share: keys, references, paging, definitions."""
