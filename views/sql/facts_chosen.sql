-- The facts of current documents that count: of a field that a document gives more than once, what its data state,
-- else what was read in its text; hints (`abstained`) only where nothing else is there, in its group where it has one.
-- What people decided counts: a value that they corrected stands in `normalised` (in `read_as` what was read), one that
-- they confirmed is no hint, and one that they dismissed is left out; `decision` says which. `value` is as written.
with decided as (
    select *, if(state = 'decided' and decision <> 'not_sure', decision, null) as made
    from facts_decided
),
told as (
    select * exclude (state, reopened_because, decision, corrected_label, corrected_start, corrected_end, reason, reviewer,
                      decided_at, decision_id, agreeing, made)
             replace (
                 if(made = 'corrected' and corrected_label is not null,
                    if(type = 'amount', regexp_replace(corrected_label, ' [A-Z]{3}$', ''), corrected_label),
                    normalised) as normalised,
                 if(made = 'corrected' and corrected_label is not null and type = 'amount',
                    nullif(regexp_extract(corrected_label, ' ([A-Z]{3})$', 1), ''), currency) as currency,
                 if(made is null, alternative, null) as alternative,
                 abstained and made is null as abstained),
           made as decision, if(made = 'corrected', normalised, null) as read_as
    from decided
    where made is distinct from 'dismissed'
)
select d.uri, d.domain, d.kind, d.document_date, d.document_date_source, f.*
from told f
join current_documents d on d.doc_id = f.doc_id
qualify rank() over (partition by f.doc_id, f.name order by list_position(['stated', 'rule', 'model'], f.source)) = 1
    and rank() over (
        partition by f.doc_id, f.name, f.group_id order by list_position(['stated', 'rule', 'model'], f.source), f.abstained
    ) = 1
