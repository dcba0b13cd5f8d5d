-- Each row of the tables that a decision is on, whatever run wrote it: one with the same document, code and place, else
-- one that says the same elsewhere, or something else there. `state` is `decided`, or `reopened` where the `text`, what
-- was `said`, or the `rule` (or model) is another than the one that was decided on, as `reopened_because` says; of a
-- fact its value counts, however much of the text it is read from.
with things as (
    select 'flag' as object, doc_id, code, start_char, end_char, null::varchar as label, evidence, decided_by, run_id
    from flags
    union all
    select 'finding', doc_id, check_id, start_char, end_char, verdict, evidence, decided_by, run_id
    from findings
    union all
    select 'label', c.doc_id, c.task, s.start_char, s.end_char, c.label, s.text, c.model, c.run_id
    from classifications c
    join segments s on s.doc_id = c.doc_id and s.segment = c.segment
    union all
    select 'entity', doc_id, label, start_char, end_char, label, text, model, run_id
    from entities
    union all
    select 'document', doc_id, 'kind', null, null, domain || '.' || kind, null, null, run_id
    from documents
    union all
    select 'fact', doc_id, name, start_char, end_char, concat_ws(' ', coalesce(normalised, value), currency), value,
           decided_by, run_id
    from facts
),
of_documents as (
    select t.* exclude (evidence), sha256(t.evidence) as evidence_digest,
           case when t.object in ('label', 'fact') then t.label end as of_label,
           nullif(array_to_string(list_sort(list_filter(
               list_concat(coalesce(r.questions, []), r.models),
               lambda entry: list_contains(
                   string_split(regexp_replace(t.decided_by, '^(rule|model) ', ''), '+'),
                   split_part(entry, ' ', 1)))), '; '), '') as version
    from things t
    semi join decisions_current d on d.doc_id = t.doc_id and d.object = t.object and d.code = t.code
    left join runs r on r.run_id = t.run_id
),
exact as (
    select t.*, d.decision_id
    from of_documents t
    join decisions_current d
      on d.doc_id = t.doc_id and d.object = t.object and d.code = t.code
     and d.start_char is not distinct from t.start_char and d.end_char is not distinct from t.end_char
     and (d.object not in ('label', 'fact') or d.label = t.label)
    -- of equal rows, such as amounts of lines that data state, one
    qualify row_number() over (
        partition by t.object, t.doc_id, t.code, t.start_char, t.end_char, t.label, t.decided_by
        order by d.evidence_digest is not distinct from t.evidence_digest desc) = 1
),
moved as (
    select t.*, d.decision_id
    from of_documents t
    join decisions_current d on d.doc_id = t.doc_id and d.object = t.object and d.code = t.code
    anti join exact on exact.decision_id = d.decision_id
    anti join exact as other
      on other.doc_id = t.doc_id and other.object = t.object and other.code = t.code
     and other.start_char is not distinct from t.start_char and other.end_char is not distinct from t.end_char
     and other.of_label is not distinct from t.of_label
    where d.evidence_digest = t.evidence_digest
       or d.object = 'finding'
       or (d.start_char < t.end_char and t.start_char < d.end_char)
    qualify row_number() over (
        partition by t.object, t.doc_id, t.code, t.start_char, t.end_char, t.label, t.decided_by
        order by d.evidence_digest is not distinct from t.evidence_digest desc,
                 d.label is not distinct from t.label desc, d.sequence desc) = 1
),
both_ways as (
    from exact union all by name from moved
),
compared as (
    select t.*, d.decision, d.corrected_label, d.corrected_start, d.corrected_end, d.reason, d.reviewer,
           d.decided_at, d.agreeing, d.agreed_by, d.evidence as decided_evidence,
           t.object <> 'fact' and d.evidence_digest is distinct from t.evidence_digest as is_other_text,
           d.label is distinct from t.label and d.corrected_label is distinct from t.label as is_other_answer,
           not coalesce(bool_or(d.version is not distinct from t.version
                                and d.decided_by is not distinct from t.decided_by) over (
               partition by t.object, t.doc_id, t.code, t.start_char, t.end_char, t.label), false)
               as is_other_rule
    from both_ways t
    join decisions_current d on d.decision_id = t.decision_id
)
select object, doc_id, code, start_char, end_char, label, decided_by,
       case when is_other_text or is_other_answer or is_other_rule then 'reopened'
            when agreeing < {eyes} then 'open' else 'decided' end as state,
       case when is_other_text then 'text' when is_other_answer then 'said' when is_other_rule then 'rule' end
           as reopened_because,
       decision, corrected_label, corrected_start, corrected_end, reason, reviewer, decided_at, decision_id,
       agreeing, agreed_by, decided_evidence, version, run_id
from compared
