"""Pairs of senders' words about people and companies, with what a human says: "=" is the same, "!" another.

Names: both people write from free mail. Websites and addresses: nothing else is known. Mixed: website, address, name, of which
each may be "-"; the left side comes first.
"""

NAMES = """
Müller GmbH = Mueller GmbH
Müller GmbH = MÜLLER
Müller GmbH = Müller Gesellschaft mit beschränkter Haftung
Müller GmbH = Müller Ges.m.b.H.
Müller GmbH = Müller GesmbH
Müller GmbH = Müller G.m.b.H.
Müller GmbH = Müller G. m. b. H.
Müller GmbH = Müller GmbH i.G.
Müller GmbH = Müller GmbH i.L.
Müller GmbH = Müller GmbH in Liquidation
Müller GmbH = Firma Müller
Müller GmbH = Fa. Müller GmbH
Müller GmbH = Müller, GmbH
Müller GmbH ! Möller GmbH
Müller GmbH ! Miller GmbH
Müller GmbH ! Müllers GmbH
Müller GmbH ! Müller Bau GmbH
Müller GmbH ! Müller & Söhne GmbH
Müller GmbH = Muller GmbH
Nordlicht AG = Nordlicht Aktiengesellschaft
Nordlicht AG = nordlicht a.g.
Nordlicht AG = Nordlicht
Nordlicht AG = NORDLICHT AG
Nordlicht AG ! Nordlichter AG
Nordlicht AG ! Nordlich AG
Nordlicht AG ! Südlicht AG
Nordlicht AG ! Nordlicht Energie AG
Nordlicht AG = Nord-Licht AG
Nordlicht AG = Nordlicht AG (Hamburg)
Vogel & Söhne KG = Vogel und Söhne KG
Vogel & Söhne KG = Vogel u. Söhne KG
Vogel & Söhne KG = Vogel & Soehne Kommanditgesellschaft
Vogel & Söhne KG = Vogel + Söhne KG
Vogel & Söhne KG = Vogel & Söhne GmbH & Co. KG
Vogel & Söhne KG = Vogel&Söhne
Vogel & Söhne KG ! Vogel KG
Vogel & Söhne KG ! Vogel & Töchter KG
Vogel & Söhne KG ! Vogler & Söhne KG
Hansen GmbH & Co. KG = Hansen GmbH & Co KG
Hansen GmbH & Co. KG = Hansen GmbH&Co.KG
Hansen GmbH & Co. KG = Hansen GmbH + Co. KG
Hansen GmbH & Co. KG = Hansen GmbH und Co. KG
Hansen GmbH & Co. KG = Hansen GmbH u. Co. KG
Hansen GmbH & Co. KG = Hansen
Hansen GmbH & Co. KG = Hansen & Co. KG
Hansen GmbH & Co. KG ! Jansen GmbH & Co. KG
Hansen GmbH & Co. KG ! Hanssen GmbH & Co. KG
Bergmann GmbH & Co. KGaA = Bergmann KGaA
Bergmann GmbH & Co. KGaA = Bergmann Kommanditgesellschaft auf Aktien
Bergmann SE & Co. KG = Bergmann SE
Bergmann SE & Co. KGaA = Bergmann
Bergmann SE ! Bermann SE
Keller e.K. = Keller e. K.
Keller e.K. = Keller eK
Keller e.K. = Keller eingetragener Kaufmann
Keller e.K. = Keller eingetragene Kauffrau
Keller e.K. = Keller e.Kfr.
Keller e.K. = Keller e.Kfm.
Keller e.K. = Keller Einzelunternehmen
Keller e.U. = Keller e. U.
Keller e.U. = Keller eingetragenes Unternehmen
Keller e.U. = Keller
Keller e.K. ! Kellner e.K.
Keller e.K. ! Keller EU
Autohaus Keller e.K. = Autohaus Keller Inh. Eva Keller
Autohaus Keller e.K. = Autohaus Keller, Inhaber Max Keller e.K.
Autohaus Keller e.K. ! Autohaus Koller e.K.
Autohaus Keller e.K. ! Malerbetrieb Keller e.K.
Rechtsanwälte Weiß PartG mbB = Rechtsanwälte Weiß Partnerschaft mbB
Rechtsanwälte Weiß PartG mbB = Rechtsanwaelte Weiss PartGmbB
Rechtsanwälte Weiß PartG mbB = RECHTSANWÄLTE WEISS
Rechtsanwälte Weiß PartG mbB ! Rechtsanwälte Weise PartG mbB
Rechtsanwälte Weiß PartG mbB ! Steuerberater Weiß PartG mbB
Lichtblick UG = Lichtblick UG (haftungsbeschränkt)
Lichtblick UG = Lichtblick Unternehmergesellschaft (haftungsbeschränkt)
Lichtblick UG = Lichtblick UG haftungsbeschränkt
Lichtblick UG = Lichtblick UG & Co. KG
Lichtblick UG ! Lichtblicke UG
Sommer GbR = Sommer Gesellschaft bürgerlichen Rechts
Sommer GesbR = Sommer GbR
Sommer OHG = Sommer Offene Handelsgesellschaft
Sommer OG = Sommer Offene Gesellschaft
Sommer mbH & Co. OHG = Sommer OHG
Sommer OG ! Winter OG
Sommer OHG ! Sommerer OHG
Gipfelwerk AG = Gipfelwerk SA
Gipfelwerk AG = Gipfelwerk Société Anonyme
Gipfelwerk Sàrl = Gipfelwerk GmbH
Gipfelwerk Sàrl = Gipfelwerk S.à r.l.
Gipfelwerk Sàrl = Gipfelwerk S.A.R.L.
Gipfelwerk Sagl = Gipfelwerk GmbH
Gipfelwerk Sàrl ! Gipfelwerke Sàrl
Gipfelwerk Genossenschaft = Gipfelwerk eG
Alpina Tech S.p.A. = Alpina Tech SpA
Alpina Tech S.p.A. = Alpina Tech S. p. A.
Alpina Tech S.p.A. = Alpina Tech Società per Azioni
Alpina Tech S.r.l. = Alpina Tech Srl
Alpina Tech S.p.A. ! Alpino Tech S.p.A.
Alpina Tech S.p.A. ! Alpina Textil S.p.A.
Beispielwerke Ltd = Beispielwerke Limited
Beispielwerke LLC = Beispielwerke L.L.C.
Beispielwerke LLC = Beispielwerke Limited Liability Company
Beispielwerke Inc. = Beispielwerke Incorporated
Beispielwerke Corp = Beispielwerke Corporation
Beispielwerke PLC = Beispielwerke Public Limited Company
Vltava a.s. = Vltava a. s.
Vltava a.s. = Vltava akciová společnost
Vltava s.r.o. = Vltava spol. s r.o.
Vltava s.r.o. = Vltava s. r. o.
Wisła Sp. z o.o. = Wisla Sp. z o. o.
Wisła Sp. z o.o. = Wisła z o.o.
Wisła Sp. z o.o. ! Wilsa Sp. z o.o.
Duna Kft. = Duna Kft
Duna Kft. = Duna Zrt.
Duna Kft. ! Dunai Kft.
Sava d.o.o. = Sava doo
Sava d.o.o. ! Drava d.o.o.
Øresund ApS = Oresund ApS
Øresund ApS = Øresund Anpartsselskab
Rijnland B.V. = Rijnland BV
Rijnland B.V. = Rijnland b. v.
Rijnland B.V. = Rijnland Besloten Vennootschap
Rijnland B.V. ! Rheinland B.V.
TSV Waldhof e.V. = TSV Waldhof eingetragener Verein
TSV Waldhof e.V. = TSV Waldhof
TSV Waldhof e.V. ! SV Waldhof e.V.
Volksbank Mitte eG = Volksbank Mitte
Volksbank Mitte eG = Volksbank Mitte eingetragene Genossenschaft
Volksbank Mitte eG ! Volksbank Nord eG
Volksbank Mitte eG ! Raiffeisenbank Mitte eG
Sparkasse Musterstadt AöR = Sparkasse Musterstadt Anstalt des öffentlichen Rechts
Sparkasse Musterstadt ! Sparkasse Musterhausen
Stadtwerke Linden GmbH ! Stadtwerke Lindau GmbH
Stadtwerke Linden GmbH = Stadtwerke Linden Ges. m. b. H.
Groß & Klein GmbH = Gross & Klein GmbH
Groß & Klein GmbH = GROSS UND KLEIN GMBH
Groß & Klein GmbH ! Klein & Groß GmbH
Käthe Café KG = Kaethe Café KG
Käthe Café KG = Käthe Cafe KG
Jürgens' Werkstatt GmbH = Jürgens Werkstatt GmbH
Dr. Weber Zahntechnik = Dr Weber Zahntechnik
Dr. Weber Zahntechnik ! Dr. Beber Zahntechnik
\uff2e\uff2f\uff32\uff24\uff37\uff29\uff2e\uff24 \uff27\uff4d\uff42\uff28 = Nordwind GmbH
Nord\u200bwind GmbH = Nordwind GmbH
Sun Power Solar ! Sun Tower Solar
Apfel Digital GmbH ! Apfel Mosterei GmbH
Merkur Bank ! Merkur Versicherung
Merkur Bank ! Merkur Druck
Adler Apotheke = Adler-Apotheke
Adler Apotheke ! Adler Modemarkt
Adler Apotheke ! Adlerapotheken Verbund
Krone Hotel ! Krone Anhänger
Delta Systems ! Delta System Haus
Delta Systems ! Delta Airlines
Omega IT GmbH = OMEGA IT GMBH
Omega IT GmbH ! Omega AT GmbH
Phönix Contact Handel = Phoenix Contact Handel
Phönix Contact Handel ! Phönix Pharma Handel
3K Technik GmbH ! 3M Technik GmbH
K2 Systems ! K3 Systems
C&B Mode = C & B Mode
C&B Mode ! C&D Mode
H2 Technik ! H20 Technik
Holz Huber = HOLZ HUBER GmbH
Holz Huber ! Holz Hubert
Holz Huber ! Metall Huber
privat ! privat
Privat ! PRIVATPERSON
privat ! Privat
(privat) ! privat.
n/a ! N/A
n/a ! n.a.
k.A. ! k. A.
keine ! keine
Keine Angabe ! keine Angabe
none ! None
test ! Test
Test GmbH ! test
unknown ! unknown
unbekannt ! Unbekannt
Student ! Student
Studentin ! Studentin
Freelancer ! Freelancer
Freelancer ! freelancer
selbständig ! selbständig
Selbstständig ! selbstständig
self-employed ! Self employed
GmbH ! GmbH
GmbH & Co. KG ! GmbH & Co. KG
AG ! AG
Gesellschaft mit beschränkter Haftung ! GmbH
x ! x
X ! x
xxx ! XXX
- ! -
-- ! -
\u2026 ! \u2026
? ! ?
. ! .
Firma ! firma
company ! Company
My Company ! My company
ich ! Ich
Einzelunternehmen ! Einzelunternehmen
null ! null
undefined ! undefined
asdf ! asdf
123 ! 123
Rentner ! Rentner
arbeitslos ! arbeitslos
Max Mustermann ! Max Mustermann
Musterfirma GmbH ! Musterfirma GmbH
e.K. ! e.K.
tbd ! TBD
\uff50\uff52\uff49\uff56\uff41\uff54 ! privat
pri\u200bvat ! privat
Noch keine ! noch keine
N.N. ! n.n.
NN ! NN
None yet ! none yet
zur Zeit keine ! Zur Zeit keine
asdasd ! asdasd
aaa ! AAA
xyz ! XYZ
00000000 ! 00000000
Home ! home
Gast ! Gast
keine Firma vorhanden ! keine Firma vorhanden
Ich bin Privatperson ! ich bin Privatperson
bin privat ! Bin privat
Privatmann ! Privatmann
folgt ! Folgt
unklar ! unklar
keine Ahnung ! keine Ahnung
weiß nicht ! weiss nicht
Testlead ! Testlead
Platzhalter ! Platzhalter
(blank) ! (blank)
Start-up ! Startup
DFG e.V. = DFG eingetragener Verein
Blank GmbH = Blank Gesellschaft mbH
"""

WEBSITES = """
www.nordlicht.de = https://nordlicht.de/kontakt
nordlicht.de = NORDLICHT.DE
nordlicht.de = shop.nordlicht.de
nordlicht.de = http://www.nordlicht.de:8080/
nordlicht.de ! nordlicht.at
nordlicht.de ! nord-licht.de
nordlicht.de ! nordlichter.de
nordlicht.de ! nordlicht-energie.de
müller-bau.de = xn--mller-bau-q9a.de
müller-bau.de ! mueller-bau.de
vogel.co.at = www.vogel.co.at/
vogel.co.at ! krone.co.at
vogel.or.at ! krone.or.at
vogel.co.uk ! krone.co.uk
facebook.com/nordlicht ! facebook.com/vogel
https://www.facebook.com/nordlicht ! de-de.facebook.com/vogel
linkedin.com/company/nordlicht ! linkedin.com/company/vogel
https://de.linkedin.com/in/mara ! https://www.linkedin.com/in/ben
xing.com/pages/nordlicht ! xing.com/pages/vogel
instagram.com/nordlicht ! instagram.com/vogel
twitter.com/nordlicht ! twitter.com/vogel
x.com/nordlicht ! x.com/vogel
youtube.com/@nordlicht ! youtube.com/@vogel
tiktok.com/@nordlicht ! tiktok.com/@vogel
linktr.ee/nordlicht ! linktr.ee/vogel
beacons.ai/nordlicht ! beacons.ai/vogel
sites.google.com/view/nordlicht ! sites.google.com/view/vogel
google.com/maps/place/nordlicht ! google.com/maps/place/vogel
maps.google.de/nordlicht ! maps.google.de/vogel
maps.app.goo.gl/a ! maps.app.goo.gl/b
g.page/nordlicht ! g.page/vogel
bit.ly/a ! bit.ly/b
tinyurl.com/a ! tinyurl.com/b
gelbeseiten.de/a ! gelbeseiten.de/b
herold.at/a ! herold.at/b
local.ch/a ! local.ch/b
yelp.de/biz/a ! yelp.de/biz/b
tripadvisor.de/a ! tripadvisor.de/b
northdata.de/a ! northdata.de/b
wlw.de/a ! wlw.de/b
amazon.de/shops/a ! amazon.de/shops/b
ebay.de/str/a ! ebay.de/str/b
etsy.com/shop/a ! etsy.com/shop/b
kleinanzeigen.de/a ! kleinanzeigen.de/b
willhaben.at/a ! willhaben.at/b
lieferando.de/a ! lieferando.de/b
treatwell.de/a ! treatwell.de/b
apps.apple.com/a ! apps.apple.com/b
play.google.com/a ! play.google.com/b
github.com/nordlicht ! github.com/vogel
calendly.com/mara ! calendly.com/ben
t.me/nordlicht ! t.me/vogel
wa.me/1 ! wa.me/2
nordlicht.jimdosite.com ! vogel.jimdosite.com
nordlicht.jimdofree.com ! vogel.jimdofree.com
nordlicht.business.site ! vogel.business.site
nordlicht.wordpress.com ! vogel.wordpress.com
nordlicht.wixsite.com/a ! vogel.wixsite.com/b
nordlicht.webnode.page ! vogel.webnode.page
nordlicht.weebly.com ! vogel.weebly.com
nordlicht.blogspot.com ! vogel.blogspot.com
nordlicht.blogspot.de ! vogel.blogspot.de
nordlicht.github.io ! vogel.github.io
nordlicht.myshopify.com ! vogel.myshopify.com
nordlicht.chayns.site ! vogel.chayns.site
nordlicht.eatbu.com ! vogel.eatbu.com
nordlicht.hs-sites.com ! vogel.hs-sites.com
nordlicht.sharepoint.com ! vogel.sharepoint.com
nordlicht.jimdosite.com = www.nordlicht.jimdosite.com/shop
nordlicht.github.io = https://nordlicht.github.io/x
nordlicht.wixsite.com/a = nordlicht.wixsite.com
jimdosite.com ! jimdosite.com
wordpress.com ! wordpress.com
wix.com ! www.wix.com
192.168.0.1 ! 192.168.0.1
localhost ! localhost:3000
nas.local ! nas.local
nordlicht.test ! nordlicht.test
example.com ! www.example.com
example.com ! example.com
gmail.com ! gmail.com
gmx.de ! www.gmx.de
co.uk ! co.uk
n/a ! n/a
linkedin.com = www.linkedin.com
nordlicht.lightning.force.com ! vogel.lightning.force.com
nordlicht.secure.force.com ! vogel.secure.force.com
nordlicht.my.salesforce-sites.com ! vogel.my.salesforce-sites.com
nordlicht.systeme.io ! vogel.systeme.io
nordlicht.odoo.com ! vogel.odoo.com
nordlicht.canva.site ! vogel.canva.site
my.canva.site/nordlicht ! my.canva.site/vogel
nordlicht.my.canva.site ! vogel.my.canva.site
nordlicht.jobs.personio.de ! vogel.jobs.personio.de
nordlicht.personio.de ! vogel.personio.de
nordlicht.mykajabi.com ! vogel.mykajabi.com
nordlicht.kajabi.com ! vogel.kajabi.com
nordlicht.teachable.com ! vogel.teachable.com
nordlicht.thinkific.com ! vogel.thinkific.com
nordlicht.podia.com ! vogel.podia.com
nordlicht.beehiiv.com ! vogel.beehiiv.com
nordlicht.bamboohr.com ! vogel.bamboohr.com
nordlicht.eu.auth0.com ! vogel.eu.auth0.com
nordlicht.slack.com ! vogel.slack.com
nordlicht.tilda.ws ! vogel.tilda.ws
nordlicht.mystrikingly.com ! vogel.mystrikingly.com
nordlicht.softr.app ! vogel.softr.app
nordlicht.glide.page ! vogel.glide.page
nordlicht.bitrix24.site ! vogel.bitrix24.site
nordlicht.crm4.dynamics.com ! vogel.crm4.dynamics.com
nordlicht.youcanbook.me ! vogel.youcanbook.me
fb.watch/a ! fb.watch/b
xing.to/a ! xing.to/b
1.2.3.4.nip.io ! 5.6.7.8.nip.io
10.0.0.1.sslip.io ! 10.0.0.2.sslip.io
gumroad.com/a ! gumroad.com/b
nordlicht.za.com ! vogel.za.com
nordlicht.za.com = www.nordlicht.za.com
name.com = www.name.com
clerk.com = https://clerk.com/
gmail.con ! gmail.con
"""

ADDRESSES = """
nordlicht.de = mail.nordlicht.de
nordlicht.de = nordlicht.de
nordlicht.de ! nordlicht.at
nordlicht.de ! nordlicht.com
nordlicht.onmicrosoft.com ! vogel.onmicrosoft.com
nordlicht.onmicrosoft.com = nordlicht.onmicrosoft.com
nordlicht.onmicrosoft.com = nordlicht.mail.onmicrosoft.com
nordlicht.co.at = mail.nordlicht.co.at
linkedin.com = linkedin.com
zendesk.com = zendesk.com
gmail.com ! gmail.com
gmx.de ! gmx.de
gmx.eu ! gmx.eu
web.de ! web.de
t-online.de ! t-online.de
hotmail.ch ! hotmail.ch
live.at ! live.at
outlook.at ! outlook.at
vodafonemail.de ! vodafonemail.de
o2online.de ! o2online.de
netcologne.de ! netcologne.de
ewetel.net ! ewetel.net
magenta.at ! magenta.at
bluewin.ch ! bluewin.ch
quickline.ch ! quickline.ch
green.ch ! green.ch
tuta.com ! tuta.com
eclipso.de ! eclipso.de
osnanet.de ! osnanet.de
mnet-online.de ! mnet-online.de
kabsi.at ! kabsi.at
liwest.at ! liwest.at
tirol.com ! tirol.com
besonet.ch ! besonet.ch
hin.ch ! hin.ch
seznam.cz ! seznam.cz
email.cz ! email.cz
freemail.hu ! freemail.hu
siol.net ! siol.net
tin.it ! tin.it
pt.lu ! pt.lu
hotmail.fr ! hotmail.fr
ziggo.nl ! ziggo.nl
mailinator.com ! mailinator.com
sharklasers.com ! sharklasers.com
yopmail.com ! yopmail.com
example.com ! example.com
pagina.de = pagina.de
guest.booking.com ! guest.booking.com
booking.com = booking.com
guest.airbnb.com ! guest.airbnb.com
mail.kleinanzeigen.de ! mail.kleinanzeigen.de
messages.immobilienscout24.de ! messages.immobilienscout24.de
users.noreply.github.com ! users.noreply.github.com
members.ebay.at ! members.ebay.at
marketplace.amazon.it ! marketplace.amazon.it
reply.craigslist.org ! reply.craigslist.org
m.expediapartnercentral.com ! m.expediapartnercentral.com
ieee.org ! ieee.org
alum.mit.edu ! alum.mit.edu
gmail.con ! gmail.con
gmal.com ! gmal.com
gmx.dee ! gmx.dee
googlemail.de ! googlemail.de
hotmail.li ! hotmail.li
t-onlin.de ! t-onlin.de
web.con ! web.con
name.com = name.com
clerk.com = clerk.com
slack.com = slack.com
personio.de = personio.de
"""

MIXED = """
nordlicht.de - Nordlicht_GmbH = - gmail.com Nordlicht
nordlicht.de - Nordlicht_GmbH = - nordlicht.de -
nordlicht.de - Nordlicht_GmbH = - gmx.de Nordlicht_AG
nordlicht.de - Nordlicht_GmbH ! - gmx.de Südlicht_AG
nordlicht.de - Nordlicht_GmbH ! vogel.de - Vogel_AG
nordlicht.de - Nordlicht_GmbH ! nordlicht.at - Nordlicht_GmbH
- gmail.com Nordlicht_GmbH = nordlicht.de - Nordlicht
- gmail.com Nordlicht_Energie = - nordlicht-energie.de Nordlicht_Energie_GmbH
- gmail.com Müller_Bau = mueller-bau.de - Müller_Bau_GmbH
- gmail.com Müller_Bau = müller-bau.de - Müller_Bau_GmbH
- gmail.com Müller_Bau = - mb-gruppe.de Müller_Bau_GmbH
- gmail.com Schmidt = - schmidt-tore.de Schmidt_Tore
- gmail.com Schmidt ! - schmidt-dach.de Schmidt
- gmail.com Schmidt ! - s-immobilien.de Schmidt_GmbH
- gmail.com Weber ! weber-grill.de - Weber
facebook.com/a nordlicht.de - = - nordlicht.de -
facebook.com/a nordlicht.de - ! facebook.com/b vogel.de -
facebook.com/a gmail.com Nordlicht = nordlicht.de - Nordlicht
facebook.com/a gmail.com Nordlicht ! facebook.com/b gmail.com Vogel
facebook.com/a gmail.com privat ! facebook.com/b gmail.com privat
linktr.ee/a gmx.ch Nordlicht_GmbH = instagram.com/n hotmail.ch Nordlicht
xing.com/a web.de n/a ! xing.com/b web.de n/a
client.de agency.de - = - client.de -
client.de agency.de - ! - agency.de -
nordlicht.de agency.de - ! vogel.de agency.de -
- nordlicht.onmicrosoft.com Nordlicht = - gmail.com Nordlicht
- nordlicht.onmicrosoft.com - ! - vogel.onmicrosoft.com -
nordlicht.de - privat ! - gmail.com privat
nordlicht.de - GmbH ! - gmail.com GmbH
nordlicht.de gmail.com test ! - web.de test
- vodafonemail.de Nordlicht ! - vodafonemail.de Vogel
- gmx.eu - ! - gmx.eu -
- netcologne.de Nordlicht = - ewetel.net Nordlicht_Aktiengesellschaft
- tuta.com Vogel_e.K. = - eclipso.de Vogel_eingetragener_Kaufmann
localhost gmail.com Nordlicht = nordlicht.de - Nordlicht
n/a nordlicht.de - = nordlicht.de - -
keine hotmail.ch - ! keine hotmail.ch -
nordlicht.jimdosite.com gmx.de Nordlicht = - gmail.com Nordlicht
nordlicht.jimdosite.com gmx.de - ! vogel.jimdosite.com gmx.de -
nordlicht.jimdosite.com - - = nordlicht.jimdosite.com gmx.de -
"""

PEOPLE = """
mara@nordlicht.de = Mara@Nordlicht.DE
mara@nordlicht.de = mara@nordlicht.de.
mara@nordlicht.de = \u200bmara@nordlicht.de
mara@nordlicht.de = MARA@NORDLICHT.DE
mara@müller.de = mara@xn--mller-kva.de
mara@müller.de = mara@MÜLLER.de
müller@nordlicht.de = mu\u0308ller@nordlicht.de
müller@nordlicht.de ! mueller@nordlicht.de
mara@nordlicht.de ! mara@vogel.de
mara@nordlicht.de ! mara@nordlicht.at
mara@nordlicht.de ! mare@nordlicht.de
mara@nordlicht.de ! m.vogel@nordlicht.de
mara.vogel@gmail.com ! mara.vogl@gmail.com
mara.vogel@gmail.com ! maravogel@gmx.de
mara+demo@nordlicht.de ! ben+demo@nordlicht.de
mara.vogel@gmail.com = maravogel@gmail.com
mara+demo@gmail.com = mara@gmail.com
mara@gmail.com = mara@googlemail.com
info@nordlicht.de ! info@vogel.de
office@nordlicht.at ! office@nordlicht.de
a@x1.de ! a@x2.de
jürgen@web.de = JÜRGEN@web.de
straße@web.de = STRASSE@web.de
m@nordlicht.co.at ! m@nordlicht.or.at
mara@nordlicht.onmicrosoft.com ! mara@vogel.onmicrosoft.com
mara@gmx.de ! mara@gmx.at
mara@gmx.de ! mara@gmx.net
mara@hotmail.ch ! mara@hotmail.com
mara@web.de ! mara1@web.de
eva-maria@web.de ! evamaria@web.de
eva_maria@web.de ! eva-maria@web.de
"""


def lines(table: str) -> list[tuple[str, str, bool]]:
    """Each line as (left, right, whether they are the same)."""
    found = []
    for line in table.strip().splitlines():
        sign = " = " if " = " in line else " ! "
        left, right = line.split(sign)
        found.append((left, right, sign == " = "))
    return found
