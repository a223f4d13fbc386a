-- How text is looked for: by `q` of leads and companies. What is stored and what is asked go through one function, so that two
-- spellings of a name are one: no case, no marks, no apostrophes, one Unicode form, and each special letter as one of a to z.
-- Latin letters fold by this text, those of other scripts by the database's locale.
--
-- The text stands there in lines: as it is folded, and as its words, each between two blanks; then, where they differ, with one
-- letter for ae, oe and ue, with two for ä, ö and ü, and with initials joined (E.ON is eon), as their words too. In PL/pgSQL,
-- which keeps its plans, since a lead is indexed at each write; and it calls nothing of ours, since an index is built on a
-- search path without our schema.
create function searched_text(p_text text) returns text language plpgsql immutable strict parallel safe as $$
declare
    v_signs constant text := '!"#$%&()*+,-./:;<=>?@[\]^_{|}~';
    v_blanks constant text := '                              ';
    v_folded text;
    v_words text;
    v_plain text;
    v_spelt text;
    v_joined text;
    v_lines text;
begin
    if octet_length(p_text) = char_length(p_text) then
        v_folded := translate(lower(p_text), '''`', '');
        v_spelt := v_folded;
    else
        v_folded := translate(p_text,
            U&'''`\00B4\2018\2019\201B\2032\02BC\02B9\FF07\00AD\200B\200C\200D\2060\FEFF\E000', '');
        v_folded := lower(normalize(v_folded, NFKD));
        v_folded := regexp_replace(v_folded, U&'([aou])\0308', U&'\\1\E000', 'g'); -- where an e may stand
        v_folded := regexp_replace(v_folded, U&'[\0300-\036f]', '', 'g');
        v_folded := replace(replace(v_folded, U&'\00F8', U&'o\E000'), U&'\00D8', U&'o\E000');
        v_folded := translate(v_folded, U&'\0141\0142\0110\0111\00D0\00F0\0131\03C2\2010\2013\2014', U&'llddddi\03C3---');
        v_folded := replace(replace(v_folded, U&'\00DF', 'ss'), U&'\1E9E', 'ss');
        v_folded := normalize(replace(replace(v_folded, U&'\00E6', 'ae'), U&'\0153', 'oe'), NFKC);
        v_spelt := replace(v_folded, U&'\E000', 'e');
        v_folded := replace(v_folded, U&'\E000', '');
    end if;
    v_plain := replace(replace(replace(v_folded, 'ae', 'a'), 'oe', 'o'), 'ue', 'u');
    v_words := ' ' || translate(v_folded, v_signs, v_blanks) || ' ';
    v_lines := v_folded || chr(10) || v_words;
    if v_plain <> v_folded then
        v_lines := v_lines || chr(10) || v_plain
            || chr(10) || ' ' || translate(v_plain, v_signs, v_blanks) || ' ';
    end if;
    if v_spelt <> v_folded then
        v_lines := v_lines || chr(10) || v_spelt;
    end if;
    if v_words like '% _ %' then
        v_joined := regexp_replace(v_folded, '(?<![^ .&-])([^ .&-])[.&](?=[^ .&-])', '\1', 'g');
        if v_joined <> v_folded then
            v_lines := v_lines || chr(10) || ' ' || translate(v_joined, v_signs, v_blanks) || ' ';
        end if;
    end if;
    return v_lines;
end $$;

-- What LIKE finds a word by, in any of the lines. Anywhere, as it is written, and as it is written in names of hosts; as a whole
-- word without its umlauts, which within a word are other letters (auer, and Laura). Less than three letters in a row begin a
-- word: an index of letters has them by threes. Nothing finds what has no letter.
create function search_patterns(p_word text, p_host text) returns text[] language plpgsql immutable parallel safe as $$
declare
    v_signs constant text := '!"#$%&()*+,-./:;<=>?@[\]^_{|}~';
    v_folded constant text := split_part(searched_text(p_word), chr(10), 1);
    v_words constant text := translate(v_folded, v_signs, repeat(' ', length(v_signs)));
    v_host constant text := split_part(searched_text(p_host), chr(10), 1);
begin
    if v_words !~ '[^ ]{3}' then
        -- Two Chinese, Japanese or Korean signs are a name, and end what has no blank before it: the index has the ends, too.
        return array[
            case when v_words ~ '[^ ]' then '% ' || trim(v_words) || '%' end,
            case when trim(v_words) ~ U&'^[\3041-\30FF\3400-\4DBF\4E00-\9FFF\AC00-\D7A3\F900-\FAFF\+020000-\+03FFFF]{2}$'
                then '%' || trim(v_words) || ' %' end];
    end if;
    return array[
        '%' || replace(replace(replace(v_folded, '\', '\\'), '%', '\%'), '_', '\_') || '%',
        '% ' || trim(replace(replace(replace(v_words, 'ae', 'a'), 'oe', 'o'), 'ue', 'u')) || ' %',
        '%' || replace(replace(replace(v_host, '\', '\\'), '%', '\%'), '_', '\_') || '%'];
end $$;

-- A name for comparing: "Ehe-Name" and "Ehe Name", "Müller" and "Mueller" are one.
create function folded_name(p_name text) returns text language sql immutable strict parallel safe
return translate(split_part(searched_text(p_name), chr(10), 1), ' -.,''', '');

-- The other names, at most five, with a new one as the last of them: in its newest spelling.
create function with_name(p_names text[], p_name text) returns text[] language sql immutable parallel safe
return (
    select coalesce(array_agg(name order by place), '{}') || p_name from (
        select name, place from unnest(p_names) with ordinality as other (name, place)
        where folded_name(name) <> folded_name(p_name) order by place desc limit 4
    ) latest);

-- The other names of a lead, with those that the statement replaces. What is taken out, or spelled otherwise, is no other
-- name.
create function with_former_names(
    p_names text[], p_first text, p_last text, p_email text, p_new_first text, p_new_last text, p_new_email text
) returns text[] language sql immutable parallel safe
return case
    when (lower(p_first) <> lower(p_new_first) or lower(p_last) <> lower(p_new_last) or lower(p_email) <> lower(p_new_email))
        and folded_name(coalesce(p_first, '') || coalesce(p_last, '') || coalesce(p_email, ''))
            <> folded_name(coalesce(p_new_first, '') || coalesce(p_new_last, '') || coalesce(p_new_email, ''))
    then with_name(p_names, trim(coalesce(p_first, '') || ' ' || coalesce(p_last, '') || ' ' || coalesce(p_email, '')))
    else p_names end;
