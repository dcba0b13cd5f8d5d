-- Every fact as people decided on it: a value that they corrected stands in `normalised` (in `read_as` what was read), one
-- that they confirmed is no hint, and one that they dismissed is left out; `decision` says which. `value` is as written.
with decided as (
    select *, if(state = 'decided' and decision <> 'not_sure', decision, null) as made
    from facts_decided
)
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
