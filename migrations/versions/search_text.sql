-- How text is looked for: by `q` of leads and companies. What is stored and what is asked go through one function, so that two
-- spellings of a name are one: no case, no marks, no apostrophes, one Unicode form, and each special letter as one of a to z.
-- Latin letters fold by this text, those of other scripts by the database's locale.
--
-- ä, ö and ü are ae, oe and ue where a keyboard lacks them. So a second line follows, with one letter for either, where it
-- differs. In PL/pgSQL, which keeps its plans, since a lead is indexed at each write; and it calls nothing of ours, since an index
-- is built on a search path without our schema.
create function searched_text(p_text text) returns text language plpgsql immutable strict parallel safe as $$
declare
    v_folded text;
    v_plain text;
begin
    if octet_length(p_text) = char_length(p_text) then
        v_folded := translate(lower(p_text), '''`', '');
    else
        v_folded := translate(p_text, U&'''`\00B4\2018\2019\201B\2032\02BC\02B9\FF07\00AD\200B\200C\200D\2060\FEFF', '');
        v_folded := lower(regexp_replace(normalize(v_folded, NFKD), U&'[\0300-\036f]', '', 'g'));
        v_folded := translate(v_folded, U&'\00D8\00F8\0141\0142\0110\0111\00D0\00F0\0131\03C2\2010\2013\2014',
            U&'ooll' || U&'ddddi\03C3---');
        v_folded := replace(replace(replace(replace(v_folded, U&'\00DF', 'ss'), U&'\1E9E', 'ss'), U&'\00E6', 'ae'), U&'\0153', 'oe');
        v_folded := normalize(v_folded, NFKC);
    end if;
    v_plain := replace(replace(replace(v_folded, 'ae', 'a'), 'oe', 'o'), 'ue', 'u');
    return case when v_plain = v_folded then v_folded else v_folded || chr(10) || v_plain end;
end $$;

-- A word as LIKE finds it anywhere.
create function search_pattern(p_word text) returns text language sql immutable strict parallel safe
return '%' || replace(replace(replace(split_part(searched_text(p_word), chr(10), 1), '\', '\\'), '%', '\%'), '_', '\_') || '%';

-- The same by the second line; null where there is none, or too little of it to be looked for.
create function search_pattern_without_umlauts(p_word text) returns text language sql immutable strict parallel safe
return case when length(split_part(searched_text(p_word), chr(10), 2)) >= 3
    then '%' || replace(replace(replace(split_part(searched_text(p_word), chr(10), 2), '\', '\\'), '%', '\%'), '_', '\_') || '%'
end;

-- What is looked for in a lead by `q`.
create function searched_person(p_first_name text, p_last_name text, p_email text) returns text
language sql immutable parallel safe
return searched_text(coalesce(p_first_name, '') || ' ' || coalesce(p_last_name, '') || ' ' || coalesce(p_email, ''));
