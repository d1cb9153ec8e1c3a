"""Which language a text is in."""

import pytest

from attribution.language import language

SENTENCES = {
    "en": "The government says the attack on its network came from abroad.",
    "de": "Die Regierung macht einen fremden Geheimdienst für den Angriff verantwortlich.",
    "fr": "Le gouvernement condamne cette attaque contre les réseaux de l'État.",
    "nl": "De regering zegt dat de aanval op het netwerk uit het buitenland kwam.",
    "no": "Regjeringen mener at angrepet mot nettverket kom fra utlandet, og det er alvorlig.",
    "sv": "Regeringen anser att angreppet mot nätverket kom från utlandet och är allvarligt.",
    "da": "Regeringen vurderer, at angrebet på netværket kom fra udlandet, og at det er alvorligt.",
    "cs": "Vláda odsuzuje útok na síť ministerstva, který přišel ze zahraničí.",
    "uk": "Уряд повідомив, що атака на мережу міністерства надійшла з-за кордону.",
    "ru": "Правительство сообщило, что атака на сеть министерства велась из-за рубежа.",
    "it": "Il governo condanna l'attacco alla rete del ministero, che viene dall'estero.",
    "es": "El gobierno condena el ataque contra la red del ministerio, que vino del extranjero.",
    "pl": "Rząd potępia atak na sieć ministerstwa, który przyszedł z zagranicy.",
    "ja": "政府は省のネットワークへの攻撃を強く非難した。",
    "ko": "정부는 부처 전산망에 대한 공격을 강하게 규탄했다.",
    "zh": "政府强烈谴责针对该部网络的攻击。",
}


@pytest.mark.parametrize("code", SENTENCES)
def test_each_language_of_the_phrase_books_is_told(code: str) -> None:
    assert language(SENTENCES[code], None) == code


@pytest.mark.parametrize(("code", "hint"), [("nl", "de"), ("no", "da"), ("ru", "uk"), ("en", "fr")])
def test_a_feeds_language_is_believed_where_the_script_allows_it(code: str, hint: str) -> None:
    assert language(SENTENCES[code], hint) == hint


@pytest.mark.parametrize(
    ("code", "hint"), [("uk", "en"), ("ko", "en"), ("zh", "en"), ("en", "ja"), ("ja", "zh"), ("ru", "ko")]
)
def test_a_feeds_language_is_not_believed_against_the_script(code: str, hint: str) -> None:
    assert language(SENTENCES[code], hint) == code


@pytest.mark.parametrize(("hint", "code"), [("en-GB", "en"), ("nb", "no"), ("nn-NO", "no"), ("DE_at", "de")])
def test_a_tag_is_reduced_to_its_language(hint: str, code: str) -> None:
    assert language(SENTENCES["no" if code == "no" else "en"], hint) == code


def test_a_japanese_headline_in_kanji_alone_is_believed_to_be_japanese() -> None:
    assert language("北朝鮮関与断定 警察庁発表", "ja") == "ja"


def test_a_chinese_text_full_of_latin_names_is_chinese() -> None:
    assert language("通报称 APT28 与 Fancy Bear 攻击了 Microsoft Exchange 服务器", "en") == "zh"


@pytest.mark.parametrize("text", ["", "  ", "2024-17 (3)", "…"])
def test_where_nothing_tells_the_feeds_language_stands(text: str) -> None:
    assert language(text, "fr") == "fr"
    assert language(text, None) is None


def test_a_quotation_in_another_script_changes_nothing() -> None:
    assert language("The ministry published a statement titled 声明 on Monday morning in the capital.", "en") == "en"


def test_a_short_english_text_is_not_taken_for_vietnamese_without_its_accents() -> None:
    assert language("Microsoft blames Russia for hack\nMicrosoft said so.", None) == "en"
    assert language("Bộ Ngoại giao cho biết", None) == "vi"
