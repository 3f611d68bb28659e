"""Walls around the graph, references that stay inside them and delete with what they name, and the checks.

An attribute reaches from one object to another along inherit* direct propagate*. The two closures are gathered apart,
forwards from the source along `inherit` and backwards from the target along `propagate`, so that neither runs through
what the other one fans out to; then one direct edge has to lead from the first to the second. A recursive query keeps
what it has seen in a hash table, and gives it in the order of the distance.
"""

from django.db import migrations

from keyring.walls import CompositeForeignKey, EnvironmentWall

WALLED = ("Organization", "ObjectType", "EdgeType", "EdgeAttribute", "GraphObject", "GraphEdge")

INSIDE = (
    ("ObjectType", "organization_id", "governance.Organization", "restrict"),
    ("EdgeType", "organization_id", "governance.Organization", "restrict"),
    ("EdgeType", "source_type_id", "governance.ObjectType", "cascade"),
    ("EdgeType", "target_type_id", "governance.ObjectType", "cascade"),
    ("EdgeAttribute", "edge_type_id", "governance.EdgeType", "cascade"),
    ("GraphObject", "organization_id", "governance.Organization", "restrict"),
    ("GraphObject", "type_id", "governance.ObjectType", "cascade"),
    ("GraphEdge", "edge_type_id", "governance.EdgeType", "cascade"),
    ("GraphEdge", "source_id", "governance.GraphObject", "cascade"),
    ("GraphEdge", "target_id", "governance.GraphObject", "cascade"),
)

PROVISION = """
insert into governance_objecttype (environment_id, public_id, name, is_system, created_at, updated_at)
select e.id, t.id::uuid, t.name, true, now(), now() from governance_environment e, (values
    ('1bf2b775-e521-41d3-8b7e-78e89427e6fe', '_user'),
    ('f5bce640-f866-4464-af1a-9e7474c4a90c', '_group'),
    ('9b90794f-0ed0-48d6-99a5-6fd578a9134d', '_login_app')) as t(id, name);
insert into governance_edgetype
    (environment_id, public_id, name, source_type_id, target_type_id, is_system, created_at, updated_at)
select s.environment_id, 'ea723951-fb93-4a29-b977-d27c01a61f58', '_can_login', s.id, t.id, true, now(), now()
from governance_objecttype s join governance_objecttype t on t.environment_id = s.environment_id
where s.name = '_user' and t.name = '_login_app';
set constraints all immediate;
set constraints all deferred;
"""
"""The types that every environment has, for those that are there already. Runs before the walls hide them."""

ENTER = """if before not in ('', env::text) then
        raise exception 'one transaction, one environment';
    end if;
    perform set_config('sealbook.environment', env::text, true);"""
LEAVE = "perform set_config('sealbook.environment', before, true);"

FLOWS = """array_agg(t.edge_type_id) filter (where t.flow = 'inherit'),
        array_agg(t.edge_type_id) filter (where t.flow = 'direct'),
        array_agg(t.edge_type_id) filter (where t.flow = 'propagate')"""

NEVER_SCAN = "set search_path = pg_catalog, public, pg_temp set plan_cache_mode = force_generic_plan"
"""One plan for all calls: index look-ups, which planning anew would find again for several times their price."""

CHECK = f"""
create function governance_check_attribute(env uuid, source uuid, target uuid, attribute text, most int)
returns table (epoch bigint, verdict int2, path_objects uuid[], path_edges uuid[])
language plpgsql {NEVER_SCAN} as $$
#variable_conflict use_column
declare
    before text := coalesce(current_setting('sealbook.environment', true), '');
    a uuid; b uuid; inherits bigint[]; directs bigint[]; propagates bigint[];
    up uuid[]; down uuid[]; middle record; step record; nodes uuid[]; edges bigint[];
begin
    {ENTER}
    verdict := 0;
    select e.epoch, s.id, t.id into epoch, a, b
    from governance_environment e
    left join governance_graphobject s on s.environment_id = e.id and s.public_id = source
    left join governance_graphobject t on t.environment_id = e.id and t.public_id = target
    where e.id = env;
    select {FLOWS} into inherits, directs, propagates
    from governance_edgeattribute t where t.environment_id = env and t.name = attribute;

    if a is not null and b is not null and directs is not null then
        up := array[a];
        if inherits is not null then
            with recursive reach(node) as (
                select a union
                select g.target_id from reach r join governance_graphedge g
                    on g.environment_id = env and g.source_id = r.node and g.edge_type_id = any(inherits)
            ) select array_agg(node) into up from (select node from reach limit most + 1) as found;
        end if;
        down := array[b];
        if propagates is not null and cardinality(up) < most then
            with recursive reach(node) as (
                select b union
                select g.source_id from reach r join governance_graphedge g
                    on g.environment_id = env and g.target_id = r.node and g.edge_type_id = any(propagates)
            ) select array_agg(node) into down from (select node from reach limit most + 1 - cardinality(up)) as found;
        end if;
        if cardinality(up) + cardinality(down) > most then
            verdict := 2;
        else
            if cardinality(up)::bigint * cardinality(down) <= 4096 then
                select g.id, g.source_id, g.target_id into middle from governance_graphedge g
                where g.environment_id = env and g.source_id = any(up) and g.edge_type_id = any(directs)
                    and g.target_id = any(down) limit 1;
            elsif cardinality(up) <= cardinality(down) then
                select g.id, g.source_id, g.target_id into middle from governance_graphedge g
                where g.environment_id = env and g.source_id = any(up) and g.edge_type_id = any(directs)
                    and g.target_id in (select unnest(down)) limit 1;
            else
                select g.id, g.source_id, g.target_id into middle from governance_graphedge g
                where g.environment_id = env and g.target_id = any(down) and g.edge_type_id = any(directs)
                    and g.source_id in (select unnest(up)) limit 1;
            end if;
            if middle.id is not null then
                verdict := 1;
            end if;
        end if;
    end if;

    if verdict = 1 and cardinality(up) + cardinality(down) <= 5000 then
        nodes := array[middle.source_id, middle.target_id];
        edges := array[middle.id];
        while nodes[1] <> a and cardinality(nodes) <= 200 loop
            select g.id, g.source_id into step from governance_graphedge g
            where g.environment_id = env and g.target_id = nodes[1] and g.edge_type_id = any(inherits)
                and g.source_id = any(up)
            order by array_position(up, g.source_id) limit 1;
            nodes := step.source_id || nodes;
            edges := step.id || edges;
        end loop;
        while nodes[cardinality(nodes)] <> b and cardinality(nodes) <= 200 loop
            select g.id, g.target_id into step from governance_graphedge g
            where g.environment_id = env and g.source_id = nodes[cardinality(nodes)]
                and g.edge_type_id = any(propagates) and g.target_id = any(down)
            order by array_position(down, g.target_id) limit 1;
            nodes := nodes || step.target_id;
            edges := edges || step.id;
        end loop;
        if nodes[1] = a and nodes[cardinality(nodes)] = b then
            select array_agg(o.public_id order by n.place) into path_objects
            from unnest(nodes) with ordinality as n(id, place)
            join governance_graphobject o on o.environment_id = env and o.id = n.id;
            select array_agg(g.public_id order by n.place) into path_edges
            from unnest(edges) with ordinality as n(id, place)
            join governance_graphedge g on g.environment_id = env and g.id = n.id;
        end if;
    end if;
    {LEAVE}
    return next;
end $$;
grant execute on function governance_check_attribute(uuid, uuid, uuid, text, int) to sealbook_app;
"""
"""verdict: 0 no, 1 yes, 2 more than `most` objects would have to be looked at. The path is told where it has at most 200
edges and was found among at most 5000 objects; it may run through an object twice, once before and once behind the
direct edge."""

ATTRIBUTES = f"""
create function governance_attributes_between(env uuid, source uuid, target uuid, most int)
returns table (epoch bigint, verdict int2, attributes text[])
language plpgsql {NEVER_SCAN} as $$
#variable_conflict use_column
declare
    before text := coalesce(current_setting('sealbook.environment', true), '');
    one text; told record;
begin
    {ENTER}
    verdict := 0;
    attributes := array[]::text[];
    select e.epoch into epoch from governance_environment e where e.id = env;
    for one in select distinct t.name from governance_edgeattribute t where t.environment_id = env order by 1 loop
        select c.verdict into told from governance_check_attribute(env, source, target, one, most) c;
        verdict := greatest(verdict, told.verdict);
        if told.verdict = 1 then
            attributes := attributes || one;
        end if;
    end loop;
    {LEAVE}
    return next;
end $$;
grant execute on function governance_attributes_between(uuid, uuid, uuid, int) to sealbook_app;
"""

REACHABLE = f"""
create function governance_reachable_objects(env uuid, source uuid, attribute text, wanted_type uuid, most int)
returns table (epoch bigint, verdict int2, objects uuid[])
language plpgsql {NEVER_SCAN} as $$
#variable_conflict use_column
declare
    before text := coalesce(current_setting('sealbook.environment', true), '');
    a uuid; kind bigint; inherits bigint[]; directs bigint[]; propagates bigint[]; seen int; hits uuid[];
begin
    {ENTER}
    verdict := 0;
    objects := array[]::uuid[];
    select e.epoch, s.id, k.id into epoch, a, kind
    from governance_environment e
    left join governance_graphobject s on s.environment_id = e.id and s.public_id = source
    left join governance_objecttype k on k.environment_id = e.id and k.public_id = wanted_type
    where e.id = env;
    select {FLOWS} into inherits, directs, propagates
    from governance_edgeattribute t where t.environment_id = env and t.name = attribute;
    if a is not null and kind is not null and directs is not null then
        with recursive reach(node, given) as (
            select a, false union
            select n.node, n.given from reach r cross join lateral (
                select g.target_id, false from governance_graphedge g where not r.given
                    and g.environment_id = env and g.source_id = r.node and g.edge_type_id = any(inherits)
                union all
                select g.target_id, true from governance_graphedge g where not r.given
                    and g.environment_id = env and g.source_id = r.node and g.edge_type_id = any(directs)
                union all
                select g.target_id, true from governance_graphedge g where r.given
                    and g.environment_id = env and g.source_id = r.node and g.edge_type_id = any(propagates)
            ) as n(node, given)
        ) select count(*), array_agg(c.node) filter (where c.given) into seen, hits
        from (select node, given from reach limit most + 1) as c;
        if seen > most then
            verdict := 2;
        else
            select coalesce(array_agg(o.public_id order by o.public_id), objects) into objects
            from unnest(hits) as f(id) join governance_graphobject o
                on o.environment_id = env and o.id = f.id and o.type_id = kind;
        end if;
    end if;
    {LEAVE}
    return next;
end $$;
grant execute on function governance_reachable_objects(uuid, uuid, text, uuid, int) to sealbook_app;
"""

NO_CHECKS = """
drop function governance_reachable_objects(uuid, uuid, text, uuid, int);
drop function governance_attributes_between(uuid, uuid, uuid, int);
drop function governance_check_attribute(uuid, uuid, uuid, text, int);
"""


class Migration(migrations.Migration):
    dependencies = [("governance", "0007_objects_edges_and_their_types")]

    operations = [
        migrations.RunSQL(PROVISION, migrations.RunSQL.noop),
        *(EnvironmentWall(name) for name in WALLED),
        *(CompositeForeignKey(model, column, target, on_delete=rule) for model, column, target, rule in INSIDE),
        migrations.RunSQL(CHECK + ATTRIBUTES + REACHABLE, NO_CHECKS),
    ]
