-- Every current document that states anything, with the fields of facts that the shipped domains declare as columns:
-- lists of those that a document may have several times. `other_fields` has the fields that none declares, such as
-- those of rules of one's own; `doubtful` lists the fields some of whose values are hints.
with told as (
    select uri, domain, kind, document_date, document_date_source,
           {columns},
           list({'name': name, 'value': coalesce(normalised, value)} order by ordinal) filter (where name not in ({declared}))
               as _others,
           list_sort(list(distinct name) filter (where abstained)) as doubtful,
           doc_id, run_id
    from facts_chosen
    group by uri, domain, kind, document_date, document_date_source, doc_id, run_id
)
select * exclude (_others, doubtful, doc_id, run_id),
       map_from_entries(list_transform(
           list_sort(list_distinct(list_transform(_others, lambda other: other.name))),
           lambda field: {'name': field,
                          'values': list_transform(list_filter(_others, lambda other: other.name = field),
                                                   lambda other: other.value)})) as other_fields,
       doubtful, doc_id, run_id
from told
