"""Folded names (section 2.3)."""

import unicodedata

FORMS = """独立行政法人国立病院機構 国立研究開発法人 特定非営利活動法人 地方独立行政法人 独立行政法人 医療法人社団
医療法人財団 社会医療法人 特定医療法人 社会福祉法人 一般社団法人 公益社団法人 一般財団法人 公益財団法人 医療法人
学校法人 宗教法人 npo法人 株式会社 有限会社 合同会社 合資会社 合名会社 (株) (有) (同) (医) (福) (社) (財) (一社)
(特非)""".split()
SMALL = dict(zip("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ"))
ALIKE = dict(zip("力口工二八夕卜", "カロエニハタト")) | {"一": ""}


def fold(name: str) -> str:
    plain = unicodedata.normalize("NFKC", name)
    folded = plain.lower()
    for form in sorted(FORMS, key=len, reverse=True):
        folded = folded.replace(form, "")
    folded = "".join(fold_character(character) for character in folded)
    return folded or plain


def fold_character(character: str) -> str:
    if not character.isalpha() and unicodedata.category(character) not in ("Nd", "Nl", "No"):
        return ""
    if character == "ー":
        return ""
    if "ぁ" <= character <= "ゖ":
        character = chr(ord(character) + 0x60)
    character = SMALL.get(character, character)
    return ALIKE.get(character, character)
