-- The words around each piece of evidence, its own in ⟦brackets⟧, on one line, with the headings above it. They
-- are put together from all segments that they touch, each character once: evidence may begin in one segment
-- and end in the next, and the segments of a long part overlap.
with spans as (
    select doc_id, start_char, end_char from flags
    union
    select doc_id, start_char, end_char from findings where start_char is not null
),
touched as (
    select p.doc_id, p.start_char, p.end_char, s.segment, s.heading, s.text, s.start_char as offset_char,
           s.start_char < p.end_char and p.start_char < s.end_char as is_evidence,
           max(s.end_char) over earlier as read_to,
           greatest(s.start_char, p.start_char - 160, max(s.end_char) over earlier) as from_char,
           least(s.end_char, p.end_char + 160) as to_char
    from spans p
    join segments s
      on s.doc_id = p.doc_id and s.start_char < p.end_char + 160 and p.start_char - 160 < s.end_char
    window earlier as (
        partition by p.doc_id, p.start_char, p.end_char order by s.start_char, s.segment
        rows between unbounded preceding and 1 preceding
    )
),
pieces as (
    select *,
           case when read_to < from_char then ' ' else '' end as gap,
           substr(text, from_char - offset_char + 1,
                  greatest(0, least(to_char, start_char) - from_char)) as before,
           substr(text, greatest(from_char, start_char) - offset_char + 1,
                  greatest(0, least(to_char, end_char) - greatest(from_char, start_char))) as inside,
           substr(text, greatest(from_char, end_char) - offset_char + 1,
                  greatest(0, to_char - greatest(from_char, end_char))) as behind
    from touched
    where from_char < to_char
)
select doc_id, start_char, end_char,
       min(segment) filter (is_evidence) as first_segment,
       max(segment) filter (is_evidence) as last_segment,
       arg_min(heading, segment) filter (is_evidence) as heading,
       trim(regexp_replace(
           string_agg(case when from_char <= start_char then gap else '' end || before, '' order by from_char)
           || '⟦'
           || string_agg(case when start_char < from_char and from_char < end_char then gap else '' end || inside,
                         '' order by from_char)
           || '⟧'
           || string_agg(case when end_char <= from_char then gap else '' end || behind, '' order by from_char),
           '\s+', ' ', 'g')) as context
from pieces
group by doc_id, start_char, end_char
