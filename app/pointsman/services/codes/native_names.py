"""What countries and languages call themselves, after CLDR 46 (as in Babel); those that speak English, German, French or Italian
are in Babel's tables, which are read.

Written out here, since reading them takes 100 locales: 76 MB and a sixth of a second of every process.
"""

# ruff: noqa: RUF001
_COUNTRIES = """
AE=الإمارات العربية المتحدة; AF=افغانستان; AL=Shqipëri; AM=Հայաստան; AX=Åland; AZ=Azərbaycan; AZ=Азәрбајҹан;
BA=Босна и Херцеговина; BA=Bosna i Hercegovina; BD=বাংলাদেশ; BE=België; BG=България; BH=البحرين; BI=Uburundi;
BN=بروني; BQ=Caribisch Nederland; BR=Brasil; BT=འབྲུག; BY=Беларусь; CF=Ködörösêse tî Bêafrîka; CH=Schwiiz; CN=中国;
CW=Kòrsou; CY=Κύπρος; CY=Kıbrıs; CZ=Česko; DJ=جيبوتي; DK=Danmark; DO=República Dominicana; DZ=الجزائر; EE=Eesti;
EG=مصر; EH=الصحراء الغربية; ER=ኤርትራ; ER=إريتريا; ES=España; ET=ኢትዮጵያ; FI=Suomi; FO=Føroyar; GE=საქართველო;
GL=Kalaallit Nunaat; GQ=Guinea Ecuatorial; GQ=Guiné Equatorial; GR=Ελλάδα; GW=Guiné-Bissau; HK=中國香港特別行政區;
HR=Hrvatska; HU=Magyarország; IE=Éire; IL=ישראל; IL=إسرائيل; IM=Ellan Vannin; IN=भारत; IQ=العراق; IR=ایران;
IS=Ísland; JO=الأردن; JP=日本; KG=Кыргызстан; KG=Киргизия; KH=កម្ពុជា; KM=جزر القمر; KP=북한; KR=대한민국; KW=الكويت;
KZ=Казахстан; KZ=Қазақстан; LA=ລາວ; LB=لبنان; LI=Liächteschtäi; LK=ශ්‍රී ලංකාව; LK=இலங்கை; LT=Lietuva; LU=Lëtzebuerg;
LV=Latvija; LY=ليبيا; MA=المغرب; MA=Meṛṛuk; MD=Republica Moldova; ME=Crna Gora; MG=Madagasikara;
MK=Северна Македонија; MM=မြန်မာ; MN=Монгол; MO=中國澳門特別行政區; MO=Macau, RAE da China; MR=موريتانيا; MV=ދިވެހި ރާއްޖެ;
MX=México; MZ=Moçambique; NG=Nàìjíríà; NL=Nederland; NO=Norge; NO=Noreg; NP=नेपाल; NZ=Aotearoa; OM=عُمان; PA=Panamá;
PE=Perú; PG=Papua Niugini; PH=Pilipinas; PK=پاکستان; PL=Polska; PS=الأراضي الفلسطينية; PY=Paraguai; QA=قطر;
RO=România; RS=Srbija; RS=Србија; RU=Россия; RW=U Rwanda; SA=المملكة العربية السعودية; SD=السودان; SE=Sverige;
SG=新加坡; SG=Singapura; SG=சிங்கப்பூர்; SI=Slovenija; SK=Slovensko; SN=Senegaal; SO=Soomaaliya; SO=الصومال;
SX=Sint-Maarten; SY=سوريا; SZ=eSwatini; TD=تشاد; TH=ไทย; TJ=Тоҷикистон; TM=Türkmenistan; TN=تونس; TW=台灣; UA=Україна;
UA=Украина; UZ=Oʻzbekiston; UZ=Ўзбекистон; VN=Việt Nam; XK=Kosovë; XK=Косово; YE=اليمن
"""
_LANGUAGES = """
aa=Qafar; ab=Аԥсшәа; am=አማርኛ; an=aragonés; ar=العربية; as=অসমীয়া; az=azərbaycan; ba=башҡорт теле; be=беларуская;
bg=български; bm=bamanakan; bn=বাংলা; bo=བོད་སྐད་; br=brezhoneg; bs=bosanski; ca=català; ce=нохчийн; co=corsu;
cs=čeština; cu=церковнослове́нскїй; cv=чӑваш; cy=Cymraeg; da=dansk; dv=ދިވެހިބަސް; dz=རྫོང་ཁ; ee=eʋegbe; el=Ελληνικά;
es=español; et=eesti; eu=euskara; fa=فارسی; ff=Pulaar; fi=suomi; fo=føroyskt; fy=Frysk; ga=Gaeilge; gd=Gàidhlig;
gl=galego; gn=avañe’ẽ; gu=ગુજરાતી; gv=Gaelg; he=עברית; hi=हिन्दी; hr=hrvatski; ht=Kreyòl Ayisyen; hu=magyar;
hy=հայերեն; id=Indonesia; ii=ꆈꌠꉙ; is=íslenska; iu=ᐃᓄᒃᑎᑐᑦ; ja=日本語; jv=Jawa; ka=ქართული; ki=Gikuyu; kk=қазақ тілі;
kl=kalaallisut; km=ខ្មែរ; kn=ಕನ್ನಡ; ko=한국어; ks=کٲشُر; ku=kurdî (kurmancî); kw=kernewek; ky=кыргызча; la=Latina;
lb=Lëtzebuergesch; lg=Luganda; ln=lingála; lo=ລາວ; lt=lietuvių; lu=Tshiluba; lv=latviešu; mk=македонски; ml=മലയാളം;
mn=монгол; mr=मराठी; ms=Melayu; mt=Malti; my=မြန်မာ; nd=isiNdebele; ne=नेपाली; nl=Nederlands; no=norsk;
nr=isiNdebele; nv=Diné Bizaad; om=Oromoo; or=ଓଡ଼ିଆ; os=ирон; pa=ਪੰਜਾਬੀ; pl=polski; ps=پښتو; pt=português;
qu=Runasimi; rm=rumantsch; rn=Ikirundi; ro=română; ru=русский; rw=Ikinyarwanda; sa=संस्कृत भाषा; sc=sardu; sd=سنڌي;
se=davvisámegiella; sg=Sängö; si=සිංහල; sk=slovenčina; sl=slovenščina; sn=chiShona; so=Soomaali; sq=shqip; sr=српски;
ss=siSwati; st=Sesotho; su=Basa Sunda; sv=svenska; sw=Kiswahili; ta=தமிழ்; te=తెలుగు; tg=тоҷикӣ; th=ไทย; ti=ትግርኛ;
tk=türkmen dili; tn=Setswana; to=lea fakatonga; tr=Türkçe; ts=Xitsonga; tt=татар; ug=ئۇيغۇرچە; uk=українська;
ur=اردو; uz=o‘zbek; ve=Tshivenḓa; vi=Tiếng Việt; wa=walon; xh=IsiXhosa; yi=ייִדיש; yo=Èdè Yorùbá; za=Vahcuengh;
zh=中文; zu=isiZulu
"""


def native_country_names() -> list[tuple[str, str]]:
    """Code and name; several of one code where it has several official languages."""
    return _pairs(_COUNTRIES)


def native_language_names() -> list[tuple[str, str]]:
    """Code and name."""
    return _pairs(_LANGUAGES)


def _pairs(listed: str) -> list[tuple[str, str]]:
    pairs = (pair.strip().partition("=") for pair in listed.replace("\n", " ").split(";"))
    return [(code, name) for code, _, name in pairs]
