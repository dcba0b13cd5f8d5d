-- What counts of what people decided: of each thing the latest decision that is neither a withdrawal nor withdrawn; each
-- note on a document counts, and of who looks at it the latest word.
-- `agreeing` is the number of reviewers whose own latest decision on it is the same, for those who ask for four eyes.
with valid as (
    select *, case when object in ('label', 'fact') then label when object = 'document' and code = 'note' then decision_id end
               as of_label
    from decisions
    where outcome <> 'withdrawn'
      and decision_id not in (select supersedes from decisions where outcome = 'withdrawn')
),
ranked as (
    select *,
           row_number() over (
               partition by doc_id, object, code, start_char, end_char, of_label order by sequence desc) as place,
           row_number() over (
               partition by doc_id, object, code, start_char, end_char, of_label, reviewer
               order by sequence desc) as own_place
    from valid
),
agreed as (
    select l.decision_id, count(*) as agreeing, list(o.reviewer order by o.reviewer) as agreed_by
    from ranked l
    join ranked o
      on o.own_place = 1 and l.place = 1
     and o.doc_id = l.doc_id and o.object = l.object and o.code = l.code
     and o.start_char is not distinct from l.start_char and o.end_char is not distinct from l.end_char
     and o.of_label is not distinct from l.of_label
     and o.outcome = l.outcome and o.corrected_label is not distinct from l.corrected_label
     and o.corrected_start is not distinct from l.corrected_start
     and o.corrected_end is not distinct from l.corrected_end
    group by l.decision_id
)
select r.doc_id, r.object, r.code, r.start_char, r.end_char, r.label, r.evidence, r.evidence_digest, r.version,
       r.outcome as decision, r.corrected_label, r.corrected_start, r.corrected_end, r.reason, r.reviewer,
       r.decided_at, r.decision_id, a.agreeing, a.agreed_by, r.sequence, r.segment, r.decided_by, r.run_id
from ranked r
join agreed a on a.decision_id = r.decision_id
