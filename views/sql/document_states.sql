-- Every document, with what has become of it: `current`; `superseded`, where each of its URIs has a later document,
-- or where its mail or archive has and was read anew without it; `missing`, where `batch --mark-missing` looked
-- in vain at each that has none. `superseded_by` is the `doc_id` of the later document; `missing_since` and `missed_by_run`
-- say when it was missed. Which is later is told by the commits of the runs; of rows whose run has no number of
-- a commit, by `processed_at`.
with recursive commits as (
    select run_id, finished, (counts->>'commit.number')::bigint as number, max(number) over (order by finished) as highest
    from runs
),
versions as (
    select d.doc_id, d.uri, d.parent_id, d.run_id, d.names,
           row_number() over later as place,
           first_value(d.doc_id) over later as latest_id
    from (
        select doc_id, parent_id, run_id, processed_at, 1 + len(coalesce(other_uris, [])) as names,
               unnest(list_prepend(uri, coalesce(other_uris, []))) as uri
        from documents
    ) d
    left join commits own on own.run_id = d.run_id
    asof left join commits ended on d.processed_at >= ended.finished
    window later as (
        partition by d.uri
        order by coalesce(own.number, ended.highest, 0) desc, d.processed_at desc, d.run_id desc, d.doc_id
    )
),
-- A run that reads everything anew also reads the parts of a file anew. What such a run did not give the new
-- version of a file any more is not part of it. After --new-only, and in a stream, that cannot be told.
replaced as (
    select doc_id, min(latest_id) as superseded_by from versions group by doc_id having min(place) > 1
    union all
    select part.doc_id, replaced.superseded_by
    from replaced
    join versions part on part.parent_id = replaced.doc_id and part.place = 1 and part.names = 1
    join versions whole on whole.doc_id = replaced.superseded_by
    join runs on runs.run_id = whole.run_id and runs.options->>'new_only' = 'false'
),
superseded as (select doc_id, min(superseded_by) as superseded_by from replaced group by doc_id),
marks as (
    select uri, min(processed_at) as missing_since, min(run_id) as missed_by_run
    from rejects
    where stage = 'read' and reason = 'missing' and table_name is null
    group by uri
),
missing as (
    select v.doc_id, max(m.missing_since) as missing_since, max(m.missed_by_run) as missed_by_run
    from versions v
    left join marks m on m.uri = v.uri
    where v.place = 1
    group by v.doc_id
    having count(*) = count(m.uri)
)
select d.*,
       case when s.doc_id is not null then 'superseded'
            when m.doc_id is not null then 'missing'
            else 'current' end as state,
       s.superseded_by,
       case when s.doc_id is null then m.missing_since end as missing_since,
       case when s.doc_id is null then m.missed_by_run end as missed_by_run
from documents d
left join superseded s on s.doc_id = d.doc_id
left join missing m on m.doc_id = d.doc_id
