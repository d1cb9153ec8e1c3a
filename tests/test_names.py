"""Text -> states, bodies, agencies and groups, with the very words."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution import gazetteer
from attribution.names import Form, Name, Sort, find, flag, group, label, near, state

LONG = 100_000


def said(text: str, language: str | None = "en", speaker: str | None = None) -> list[str]:
    """The ids named in a text, in order."""
    return [name.id for name in find(text, language, speaker)]


def only(text: str, language: str | None = "en", speaker: str | None = None) -> Name:
    (name,) = find(text, language, speaker)
    return name


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("They blamed Russia.", Form.NOUN),
        ("They blamed Russian hackers.", Form.ADJECTIVE),
        ("They blamed the Russians.", Form.PEOPLE),
        ("They blamed the Kremlin.", Form.METONYM),
        ("They blamed Moscow.", Form.METONYM),
        ("They blamed Russia's leaders.", Form.NOUN),
        ("They blamed RUSSIA.", Form.NOUN),
    ],
)
def test_a_state_is_found_however_it_is_named_and_the_form_is_kept(text: str, form: Form) -> None:
    name = only(text)
    assert (name.sort, name.id, name.states, name.home, name.form) == (Sort.STATE, "RU", ("RU",), None, form)


def test_a_name_carries_the_very_words_and_their_place() -> None:
    name = only("Yesterday the  United\nKingdom spoke.")
    assert (name.words, name.start, name.end, name.label) == ("United\nKingdom", 15, 29, "United Kingdom")


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("South Korea accuses North Korea", ["KR", "KP"]),
        ("the Republic of Korea and the DPRK", ["KR", "KP"]),
        ("the Democratic People’s Republic of Korea", ["KP"]),
        ("South Korean and North Korean officials", ["KR", "KP"]),
        ("a ministry in Northern Ireland and one in Ireland", ["GB", "IE"]),
        ("hospitals in New Mexico and in Mexico", ["MX"]),
        ("the Democratic Republic of the Congo and the Republic of the Congo", ["CD", "CG"]),
        ("Guinea-Bissau, Equatorial Guinea, Papua New Guinea, Guinea", ["GW", "GQ", "PG", "GN"]),
        ("Niger and Nigeria", ["NE", "NG"]),
        ("Dominica and the Dominican Republic", ["DM", "DO"]),
        ("Sudan and South Sudan", ["SD", "SS"]),
        ("the People's Republic of China and Taiwan, the Republic of China", ["CN", "TW", "TW"]),
        ("Hong Kong, Macau", ["HK", "MO"]),
        ("Bosnia and Herzegovina", ["BA"]),
        ("the British Virgin Islands", ["VG"]),
        ("Türkiye, or Turkiye, or Turkey", ["TR", "TR", "TR"]),
        ("Côte d’Ivoire", ["CI"]),
    ],
)
def test_the_longest_name_at_a_place_wins(text: str, ids: list[str]) -> None:
    assert said(text) == ids


@pytest.mark.parametrize(
    "text",
    [
        "It hit us in no time; let us go on to be in it.",
        "CONTACT US TODAY FOR MORE",
        "Roast turkey and fine china for a guinea",
        "the chad of a ballot, an oman, a mali",
        "a court in Atlanta, Georgia",
        "the Northern District of Georgia",
        "Congressman Jim Jordan asked",
        "Secretary Chad Wolf asked",
        "the Washington Post wrote",
        "a company in Washington state",
        "the Gulf of Guinea",
        "the Niger Delta",
        "the Budapest Convention on Cybercrime",
        "Air China flies, says the South China Morning Post",
        "Latin America",
        "a man in a jersey from New Jersey",
    ],
)
def test_what_only_looks_like_a_state_names_none(text: str) -> None:
    assert [name for name in find(text, "en") if name.sort is Sort.STATE] == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Georgia suffered an attack", "GE"),
        ("Jordan and its partners", "JO"),
        ("Chad blamed no one", "TD"),
        ("Turkey and Oman", "TR"),
        ("the US says", "US"),
        ("the U.S. says", "US"),
        ("an American court", "US"),
        ("RUSSIA BLAMED BY US, says the minister", "RU"),
        ("Washington says", "US"),
    ],
)
def test_the_same_words_name_the_state_where_they_mean_it(text: str, code: str) -> None:
    assert said(text)[0] == code


def test_us_in_a_headline_of_capitals_beside_small_letters_is_the_state() -> None:
    assert said("US and UK name hackers") == ["US", "GB"]


@pytest.mark.parametrize(
    ("language", "text", "ids"),
    [
        ("de", "Russlands Hacker, chinesische Spione, das Vereinigte Königreich, die USA", ["RU", "CN", "GB", "US"]),
        ("de", "der nordkoreanische Staat und die Bundesregierung", ["KP", "DE"]),
        ("fr", "La Russie, des pirates chinois, l'Iran, les États-Unis, nord-coréenne", ["RU", "CN", "IR", "US", "KP"]),
        ("nl", "Rusland, Chinese hackers, de VS en het Verenigd Koninkrijk", ["RU", "CN", "US", "GB"]),
        ("no", "Russland, kinesiske aktører, Nord-Korea, amerikanske", ["RU", "CN", "KP", "US"]),
        ("sv", "Ryssland, kinesiska aktörer, Nordkorea, rysk underrättelsetjänst", ["RU", "CN", "KP", "ris"]),
        ("da", "Rusland, kinesiske aktører, Nordkorea, Storbritannien", ["RU", "CN", "KP", "GB"]),
        ("cs", "Ruskem, ruskými hackery, Číně, čínského, Severní Koreje, Íránu", ["RU", "RU", "CN", "CN", "KP", "IR"]),
        ("uk", "Росією, російських хакерів, Китаю, рф, КНДР, Ірану", ["RU", "RU", "CN", "RU", "KP", "IR"]),
        ("ru", "Россией, китайских хакеров, США, КНДР, Великобритании", ["RU", "CN", "US", "KP", "GB"]),
        ("it", "la Russia, hacker cinesi, gli Stati Uniti, l'Iran, nordcoreana", ["RU", "CN", "US", "IR", "KP"]),
        ("es", "Rusia, piratas chinos, EE. UU., Corea del Norte, iraníes", ["RU", "CN", "US", "KP", "IR"]),
        ("pl", "Rosją, chińskich hakerów, Korei Północnej, Stanów Zjednoczonych", ["RU", "CN", "KP", "US"]),
        ("ja", "ロシアの攻撃、北朝鮮、中国、米国、英国、イラン", ["RU", "KP", "CN", "US", "GB", "IR"]),
        ("ko", "러시아의 해커, 북한은, 중국과, 미국이, 영국", ["RU", "KP", "CN", "US", "GB"]),
        ("zh", "俄罗斯、朝鲜、伊朗和美国的黑客,中方与英方", ["RU", "KP", "IR", "US", "CN", "GB"]),
        ("zh", "台灣指責中國", ["TW", "CN"]),
        ("vi", "Nga, Trung Quốc, Mỹ và Vương quốc Anh", ["RU", "CN", "US", "GB"]),
    ],
)
def test_states_are_found_in_the_languages_of_the_feeds_however_inflected(
    language: str, text: str, ids: list[str]
) -> None:
    assert said(text, language) == ids


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "俄亥俄州的印度洋渔船在北美"),
        ("ko", "인도적 지원, 새로운 공격이란 무엇인가"),
        ("ja", "サイバータイプのシリアル番号、中国地方"),
        ("en", "My island has a mania; an iraniana, cinese"),
        ("en", "The russe and the chinois were wines"),
    ],
)
def test_within_other_words_or_in_another_language_it_is_no_name(language: str, text: str) -> None:
    assert said(text, language) == []


def test_english_names_are_found_in_any_language_and_others_only_in_theirs() -> None:
    assert said("Island", "da") == ["IS"]
    assert said("Island", "en") == []
    assert said("Iceland", "da") == ["IS"]


def test_a_language_tag_may_be_longer_and_norwegian_has_three() -> None:
    assert said("Kina", "nb") == said("Kina", "nn-NO") == said("Kina", "no") == ["CN"]


@pytest.mark.parametrize(
    ("text", "sort", "code", "states"),
    [
        ("the European Union", Sort.BODY, "EU", ("EU",)),
        ("the High Representative", Sort.BODY, "EU", ("EU",)),
        ("the North Atlantic Council", Sort.BODY, "NATO", ("NATO",)),
        ("the OSCE", Sort.BODY, "OSCE", ("OSCE",)),
        ("the UN Security Council", Sort.BODY, "UN", ("UN",)),
        ("the Five Eyes", Sort.ALLIANCE, "five-eyes", ("AU", "CA", "GB", "NZ", "US")),
        ("the G7", Sort.ALLIANCE, "g7", ("CA", "DE", "FR", "GB", "IT", "JP", "US")),
        ("the Nordic-Baltic Eight", Sort.ALLIANCE, "nb8", ("DK", "EE", "FI", "IS", "LT", "LV", "NO", "SE")),
        ("NÚKIB", Sort.AGENCY, "nukib", ("CZ",)),
        ("the GRU", Sort.AGENCY, "gru", ("RU",)),
        ("GRU Unit 26165", Sort.AGENCY, "gru-26165", ("RU",)),
        ("military unit 74455", Sort.AGENCY, "gru-74455", ("RU",)),
        ("Russian military intelligence", Sort.AGENCY, "gru", ("RU",)),
        ("the FSB's Center 16", Sort.AGENCY, "fsb-16", ("RU",)),
        ("the Hubei State Security Department", Sort.AGENCY, "mss-hubei", ("CN",)),
        ("PLA Unit 61398", Sort.AGENCY, "pla-61398", ("CN",)),
        ("the Islamic Revolutionary Guard Corps", Sort.AGENCY, "irgc", ("IR",)),
        ("the Reconnaissance General Bureau", Sort.AGENCY, "rgb", ("KP",)),
        ("Tailored Access Operations", Sort.AGENCY, "tao", ("US",)),
        ("Unit 8200", Sort.AGENCY, "unit-8200", ("IL",)),
        ("the Foreign Secretary", Sort.AGENCY, "fcdo", ("GB",)),
        ("the Justice Department", Sort.AGENCY, "doj", ("US",)),
    ],
)
def test_bodies_alliances_and_agencies_say_whose_they_are(
    text: str, sort: Sort, code: str, states: tuple[str, ...]
) -> None:
    name = only(text if text != "the FSB's Center 16" else "FSB's Center 16")
    assert (name.sort, name.id, name.states) == (sort, code, states)


@pytest.mark.parametrize(
    ("language", "text", "code"),
    [
        ("de", "der russische Militärgeheimdienst", "gru"),
        ("de", "die Einheit 29155", "gru-29155"),
        ("fr", "le renseignement militaire russe", "gru"),
        ("uk", "ГРУ", "gru"),
        ("ru", "ФСБ России", "fsb"),
        ("ru", "военные из КСИР", "irgc"),
        ("cs", "ruská vojenská rozvědka", "gru"),
        ("pl", "rosyjskie służby specjalne", "ris"),
        ("ja", "警察庁", "npa-jp"),
        ("ja", "中国人民解放軍", "pla"),
        ("ko", "국정원은", "nis-kr"),
        ("ko", "북한 정찰총국", "rgb"),
        ("zh", "国家计算机病毒应急处理中心", "cverc"),
        ("zh", "美国国家安全局", "nsa"),
        ("zh", "特定入侵行动办公室", "tao"),
        ("zh", "台湾“资通电军”", "icefcom"),
    ],
)
def test_agencies_are_found_in_the_languages_they_are_named_in(language: str, text: str, code: str) -> None:
    assert said(text, language)[-1] == code


@pytest.mark.parametrize(
    ("text", "language", "speaker", "code"),
    [
        ("the NCSC said", "en", None, "ncsc-gb"),
        ("the NCSC said", "en", "NZ", "ncsc-nz"),
        ("the NCSC said", "en", "IE", "ncsc-ie"),
        ("het NCSC zegt", "nl", None, "ncsc-nl"),
        ("the Dutch NCSC said", "en", "GB", "ncsc-nl"),
        ("BIS upozornila", "cs", None, "bis-cz"),
        ("the NIS said", "en", "KR", "nis-kr"),
        ("the South Korean NIS said", "en", None, "nis-kr"),
        ("the Finnish NCSC said", "en", "US", "ncsc-fi"),
        ("the Foreign Ministry said", "en", "CN", "mfa-cn"),
        ("the Foreign Office condemned", "en", "DE", "aa-de"),
        ("the Foreign Office condemned", "en", "GB", "fcdo"),
        ("the Foreign Office condemned", "en", "US", "fcdo"),
    ],
)
def test_a_shared_acronym_goes_to_the_state_beside_it_or_the_publishers_or_the_languages(
    text: str, language: str, speaker: str | None, code: str
) -> None:
    assert said(text, language, speaker)[-1] == code


@pytest.mark.parametrize(
    "text", ["BIS said", "the FRA fined", "a MUST for FE work", "the NIS directive", "the PET scan"]
)
def test_a_shared_acronym_that_nothing_settles_names_nobody(text: str) -> None:
    assert said(text) == []


@pytest.mark.parametrize(
    "words", ["APT28", "APT 28", "APT-28", "apt28", "Fancy Bear", "FancyBear", "FANCY BEAR", "Fancy-Bear"]
)
def test_a_group_is_found_however_it_is_spelt(words: str) -> None:
    name = only(f"The hackers of {words} did it.")
    assert (name.sort, name.id, name.label, name.states, name.home, name.words) == (
        *(Sort.GROUP, "apt28", "APT28", (), "RU"),
        words,
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Volt Typhoon", "volt-typhoon"),
        ("Emennet Pasargad", "cotton-sandstorm"),
        ("the persona Guccifer 2.0", "guccifer-2"),
        ("Cyber Av3ngers", "cyberav3ngers"),
        ("i-Soon", "i-soon"),
        ("NoName057(16)", "noname057-16"),
        ("UNC3886", "unc3886"),
        ("Midnight Blizzard", "apt29"),
        ("匿名者64", "anonymous64"),
        ("라자루스", "lazarus-group"),
    ],
)
def test_groups_personas_and_front_companies_are_found(text: str, code: str) -> None:
    assert only(text, None).id == code


def test_a_name_ends_with_the_bracket_it_opened() -> None:
    assert only("by NoName057(16), it said").words == "NoName057(16)"


def test_a_group_accuses_no_state_and_its_home_may_be_unknown() -> None:
    assert (only("LockBit").states, only("LockBit").home) == ((), None)


@pytest.mark.parametrize(
    "text",
    [
        "the Snake group",
        "a group known as Snake",
        'called "Snake" by some',
        "hackers dubbed Snake",
        "Turla (Snake, Venomous Bear)",
        "APT29, Tick and Snake",
    ],
)
def test_a_plain_word_is_a_group_beside_a_cue_or_another_group(text: str) -> None:
    assert "turla" in {name.id for name in find(text, "en") if name.words == "Snake"}


@pytest.mark.parametrize(
    "text", ["Snake in the grass", "the snake group", "A Silence fell", "Mercury rises", "SUMMIT OF LEADERS"]
)
def test_a_plain_word_alone_or_in_another_case_is_no_group(text: str) -> None:
    assert said(text) == []


def test_a_name_does_not_reach_across_a_full_stop_or_a_paragraph() -> None:
    assert said("They went to the White. House prices rose.") == []
    assert said("the United\n\nKingdom of nowhere") == []


def test_names_are_found_in_text_with_combining_accents() -> None:
    assert only("Tu\u0308rkiye").words == "Tu\u0308rkiye"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("UK", "GB"),
        ("uk", "GB"),
        ("us", "US"),
        ("north korea", "KP"),
        ("Iran", "IR"),
        ("EU", "EU"),
        ("nato", "NATO"),
        ("DPRK", "KP"),
        ("ivory coast", "CI"),
        ("cz", "CZ"),
        ("russian", "RU"),
        ("中国", "CN"),
        ("Czech Republic", "CZ"),
    ],
)
def test_a_query_may_name_a_state_or_body_as_people_do(words: str, code: str) -> None:
    assert state(words) == code


@pytest.mark.parametrize("words", ["", "mars", "APT28", "new mexico", "GRU", "korea north pole", "-"])
def test_what_is_no_states_exact_name_is_none(words: str) -> None:
    assert state(words) is None


def test_any_alias_leads_to_its_group() -> None:
    found = group("fancybear")
    assert found is not None
    assert (found.id, found.label, found.home) == ("apt28", "APT28", "RU")
    assert {"Fancy Bear", "Forest Blizzard", "Sofacy"} <= set(found.aliases)
    assert found.source


def test_no_alias_leads_nowhere() -> None:
    assert group("Nobody In Particular") is None


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("Rusia", "Russia"), ("irn", "Iran"), ("north koera", "North Korea"), ("untied kingdom", "United Kingdom")],
)
def test_a_mistyped_state_gets_the_nearest_right_one_first(wrong: str, right: str) -> None:
    assert near(wrong)[0] == right


def test_suggestions_name_each_thing_once_and_groups_only_when_asked() -> None:
    assert near("rusia", most=3).count("Russia") == 1
    assert near("sandwrm") == ()
    assert near("sandwrm", (Sort.GROUP,))[0] == "Sandworm"
    assert near("qqqqqqqq") == ()


def test_labels_and_flags_are_those_people_know() -> None:
    assert [label(code) for code in ("GB", "KP", "EU", "five-eyes", "gru", "apt28")] == [
        *("United Kingdom", "North Korea", "European Union", "Five Eyes", "GRU", "APT28")
    ]
    assert (flag("GB"), flag("EU"), flag("UN"), flag("NATO"), flag("gru"), flag("ZZ")) == ("🇬🇧", "🇪🇺", "🇺🇳", "", "", "")


def test_every_spelling_in_the_tables_is_found_by_its_own_words() -> None:
    for spellings in gazetteer.index().phrases.values():
        for spelling in spellings:
            entry = spelling.entry
            if entry.sort is Sort.STATE and not spelling.hinted:
                found = find(f"— {spelling.words} —", min(entry.languages or {"en"}))
                assert [name.id for name in found if name.words == spelling.words] == [entry.id], spelling


@pytest.mark.parametrize(
    "piece",
    [
        "the ",
        "the People's Democratic Republic of ",
        "U.S.",
        "APT ",
        "Snake, ",
        "((((",
        "俄",
        "中",
        "тероро ",
        "a" * 50,
        "\u0301",
    ],
)
def test_a_hundred_thousand_hostile_characters_still_end_in_the_right_answer(piece: str) -> None:
    flood = piece * (LONG // len(piece))
    assert find(f"{flood}\n\nAlbania", "en")[-1].id == "AL"


WORDS = st.sampled_from(
    [
        *(
            "Russia",
            "Russian",
            "the",
            "Kremlin",
            "North",
            "Korea",
            "South",
            "U.S.",
            "US",
            "APT",
            "28",
            "Snake",
            "group",
        ),
        *(
            "NCSC",
            "Dutch",
            "GRU",
            "Unit",
            "26165",
            "俄罗斯",
            "中国",
            "북한",
            "ロシア",
            "росія",
            "É\u0301",
            "(",
            ")",
            '"',
            ".",
        ),
        *("New", "Mexico", "Islamic", "Republic", "of", "NoName057(16", "'s", "\n", "ﬁ", "İ", "ß", "\u200b", "\ud7b0"),
    ]
)


@settings(max_examples=300)
@given(
    st.lists(WORDS | st.text(max_size=5), max_size=30).map(" ".join), st.sampled_from([None, "en", "zh", "uk", "vi"])
)
def test_every_name_is_a_slice_of_its_text_and_none_overlap(text: str, language: str | None) -> None:
    found = find(text, language)
    assert all(name.words == text[name.start : name.end] for name in found)
    assert all(name.start < name.end for name in found)
    assert all(one.end <= two.start for one, two in itertools.pairwise(found))
