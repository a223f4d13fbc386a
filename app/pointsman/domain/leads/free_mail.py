"""Mail providers whose domain says nothing about a company; a policy adds its own."""

_LISTED = """
gmail.com googlemail.com outlook.com outlook.de hotmail.com hotmail.de hotmail.co.uk live.com live.de msn.com
yahoo.com yahoo.de yahoo.co.uk yahoo.fr yahoo.es yahoo.it ymail.com rocketmail.com icloud.com me.com mac.com aol.com
aol.de gmx.de gmx.net gmx.at gmx.ch gmx.com web.de t-online.de freenet.de arcor.de online.de 1und1.de mail.de
posteo.de posteo.net mailbox.org email.de magenta.de kabelmail.de vodafone.de unitybox.de ewe.net bluewin.ch
sunrise.ch hispeed.ch aon.at chello.at a1.net utanet.at proton.me protonmail.com protonmail.ch pm.me tutanota.com
tutanota.de tuta.io tutamail.com hey.com fastmail.com zoho.com yandex.com yandex.ru mail.ru bk.ru inbox.ru list.ru
rambler.ru ukr.net seznam.cz wp.pl o2.pl onet.pl interia.pl orange.fr wanadoo.fr free.fr laposte.net sfr.fr libero.it
virgilio.it tiscali.it alice.it sapo.pt telefonica.net terra.es qq.com 163.com 126.com sina.com naver.com daum.net
hanmail.net rediffmail.com btinternet.com sky.com virginmedia.com talktalk.net comcast.net verizon.net att.net
sbcglobal.net cox.net charter.net bellsouth.net earthlink.net mailinator.com guerrillamail.com 10minutemail.com
trashmail.com yopmail.com mail.com email.com usa.com europe.com duck.com relay.firefox.com privaterelay.appleid.com
"""

FREE_MAIL_DOMAINS = frozenset(_LISTED.split())
