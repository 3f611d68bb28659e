"""What the database itself holds about temporary access: no row makes a move that the table does not have."""

from __future__ import annotations

from governance.breakglass.machines import INITIAL, moves_of

_MORE = {
    "grant": """
        if old.not_after is not null and new.not_after is distinct from old.not_after then
            raise exception 'the end of a grant does not move' using errcode = 'check_violation';
        end if;""",
}


def law_of(machine: str) -> str:
    """Write the function that a trigger of the machine's rows calls before every insert and update."""
    begins = ", ".join(f"'{state}'" for state in INITIAL[machine])
    moves = ", ".join(f"('{source}', '{target}')" for source, target in sorted(moves_of(machine)))
    return f"""
create or replace function governance_{machine}_moves() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        if new.state not in ({begins}) then
            raise exception 'a {machine} does not begin as %', new.state using errcode = 'check_violation';
        end if;
    else{_MORE.get(machine, "")}
        if new.state <> old.state and (new.version <= old.version
            or (old.state, new.state) not in ({moves})) then
            raise exception 'a {machine} does not go from % to %', old.state, new.state
                using errcode = 'check_violation';
        end if;
    end if;
    return new;
end $$;"""
