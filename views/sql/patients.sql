-- Every patient of whom current documents state anything, with these documents: those with the same name, in whatever
-- order, and the same birth date, else the same record number of one organization; others, and hints, are a row each. `doubtful`
-- lists the fields of which some document has hints.
with told as (
    select uri, kind, document_date, doc_id,
           arg_min(normalised, ordinal) filter (where name = 'patient') as patient,
           try_cast(arg_min(normalised, ordinal) filter (where name = 'patient_birth_date') as date) as birth_date,
           list_sort(list(distinct normalised) filter (where name = 'record_number')) as record_numbers,
           arg_min(normalised, ordinal) filter (where name = 'organization') as organization,
           list(distinct name) filter (where abstained) as doubtful
    from facts_chosen
    where domain = 'medical' and name in ('patient', 'patient_birth_date', 'record_number', 'organization')
    group by uri, kind, document_date, doc_id
),
spelt as (
    select *, array_to_string(list_sort(regexp_extract_all(lower(nfc_normalize(patient)), '[\pL\pN]+')), ' ') as name_key
    from told
),
keyed as (
    select *,
           case when doubtful is not null then doc_id
                when name_key <> '' and birth_date is not null then name_key || '|' || birth_date
                when patient is null and birth_date is null and organization is not null and len(record_numbers) = 1
                then lower(organization) || '|' || record_numbers[1]
                else doc_id end as person
    from spelt
    where patient is not null or birth_date is not null or record_numbers is not null
)
select min(patient) as patient, min(birth_date) as birth_date,
       list_sort(list_distinct(flatten(list(coalesce(record_numbers, []))))) as record_numbers,
       list_sort(list(distinct organization) filter (where organization is not null)) as organizations,
       count(*) as documents, min(document_date) as first_date, max(document_date) as last_date,
       list_sort(list(distinct kind)) as kinds, list(uri order by document_date, uri) as uris,
       list_sort(list_distinct(flatten(list(coalesce(doubtful, []))))) as doubtful
from keyed
group by person
