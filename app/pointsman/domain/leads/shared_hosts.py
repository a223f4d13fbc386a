"""Hosts on which many companies have a page or a site of theirs, which alone do not tell one company from another.

Three kinds. A page's address has the company behind the host ("facebook.com/acme"): it names no company. A tenant has a name of
its own before a hosting suffix ("acme.jimdosite.com"): each is a company of its own, as under the private suffixes of the
public suffix list, which lacks these. A link that was rewritten ("urldefense.com/v3/__https://acme.de") leads to another
site and names none. A policy adds to the first.
"""

_SOCIAL = """
fb.com fb.me m.me instagram.com ig.me threads.net threads.com linkedin.com lnkd.in xing.com twitter.com x.com t.co
youtube.com youtube.de youtu.be tiktok.com snapchat.com whatsapp.com wa.me t.me telegram.me telegram.org discord.com
discord.gg reddit.com bsky.app mastodon.social vimeo.com twitch.tv soundcloud.com spotify.com flickr.com vk.com ok.ru
quora.com slideshare.net issuu.com behance.net dribbble.com researchgate.net academia.edu wikipedia.org wikidata.org
medium.com substack.com myspace.com meetup.com clubhouse.com nextdoor.com nebenan.de patreon.com steady.page ko-fi.com
buymeacoffee.com gofundme.com kickstarter.com startnext.com github.com gitlab.com bitbucket.org stackoverflow.com
youtube.at youtube.ch fb.watch fb.gg xing.to
"""
_LINK_PAGES = """
linktr.ee lnk.bio beacons.ai bio.link bio.site taplink.cc taplink.at campsite.bio linkin.bio solo.to about.me msha.ke
milkshake.app flow.page hoo.be allmylinks.com linkpop.com snipfeed.co stan.store linkbio.co hihello.com popl.co
"""
_SHORT_LINKS = """
bit.ly tinyurl.com goo.gl g.co g.page ow.ly is.gd v.gd buff.ly rebrand.ly cutt.ly t.ly tiny.cc tiny.one rb.gy s.id
shorturl.at dlvr.it trib.al bl.ink tr.im qr.ae amzn.to amzn.eu ebay.us apple.co aka.ms 1drv.ms spoti.fi adobe.ly
hubs.ly hubs.la eepurl.com mailchi.mp page.link forms.gle share.google instagr.am sumup.link
"""
#: What mail scanners, search engines, caches and newsletters put in a link's place: the company's site stands behind it.
_REWRITTEN = """
urldefense.com urldefense.us urldefense.proofpoint.com safelinks.protection.outlook.com protect-eu.mimecast.com
protect-us.mimecast.com protect-uk.mimecast.com protect-de.mimecast.com protect-au.mimecast.com protect-za.mimecast.com
protect-ca.mimecast.com protect-usb.mimecast.com mimecastprotect.com linkprotect.cudasvc.com secure-web.cisco.com
emailprotection.link protection.sophos.com clicktime.symantec.com clicktime.cloud.postoffice.net protect.checkpoint.com
avanan.click protect.fireeye.com protect2.fireeye.com linklock.titanhq.com shared.outlook.inky.com
scanmail.trustwave.com ctp.trendmicro.com atpscan.global.hornetsecurity.com seclinks.com cdn.ampproject.org ampproject.org
webcache.googleusercontent.com translate.goog googleadservices.com doubleclick.net cc.bingj.com archive.ph archive.today
sendgrid.net list-manage.com mandrillapp.com hubspotlinks.com exct.net awstrack.me rs6.net cmail19.com cmail20.com
createsend.com nl2go.com sibforms.com sendibt2.com mailgun.org sparkpostmail.com linksynergy.com awin1.com
"""
#: Names made of an address on the network, or of the machine at hand.
_ADDRESS_NAMES = "nip.io sslip.io xip.io traefik.me localtest.me lvh.me"
_MARKETPLACES = """
etsy.com kleinanzeigen.de ebay-kleinanzeigen.de willhaben.at ricardo.ch tutti.ch anibis.ch quoka.de markt.de dhd24.com
mobile.de gebrauchtwagen.at car4you.ch immowelt.de immonet.de immoscout24.ch homegate.ch comparis.ch booking.com
hotels.com expedia.com expedia.de holidaycheck.de hrs.de hrs.com lieferando.de lieferando.at just-eat.ch takeaway.com
wolt.com ubereats.com treatwell.de treatwell.at treatwell.ch opentable.de opentable.com thefork.com quandoo.de
quandoo.at alibaba.com aliexpress.com temu.com otto.de kaufland.de zalando.de avocadostore.de digistore24.com
copecart.com elopage.com redbubble.com shpock.com vinted.de upwork.com fiverr.com malt.de malt.com
freelancermap.de freelance.de gulp.de twago.de machdudas.de my-hammer.de myhammer.de check24.de blauarbeit.de
aroundhome.de gumroad.com payhip.com groups.io tumblr.com circle.so skool.com join.com reservix.de ticket.io pretix.eu booksy.com
planity.com fresha.com setmore.com simplybook.it timify.com etermin.net craigslist.org indeedemail.com agoda-messaging.com
expediapartnercentral.com
"""
_DIRECTORIES = """
gelbeseiten.de dasoertliche.de dastelefonbuch.de goyellow.de 11880.com klicktel.de golocal.de meinestadt.de cylex.de
cylex.at hotfrog.de hotfrog.at branchenbuch.de stadtbranchenbuch.com wlw.de wlw.at wlw.ch europages.de europages.com
kompass.com northdata.de northdata.com firmenwissen.de firmenabc.at firmenabc.com herold.at wko.at local.ch search.ch
moneyhouse.ch zefix.ch easymonitor.ch tel.search.ch unternehmensregister.de handelsregister.de bundesanzeiger.de
companyhouse.de online-handelsregister.de creditreform.de dnb.com bloomberg.com crunchbase.com pitchbook.com apollo.io
zoominfo.com provenexpert.com trustedshops.de trustedshops.com ekomi.de werkenntdenbesten.de jameda.de doctolib.de
docfinder.at sanego.de anwalt.de anwalt24.de houzz.de houzz.com kununu.com indeed.com stepstone.de stepstone.at
karriere.at jobs.ch monster.de jobware.de foursquare.com yellowmap.de waze.com openstreetmap.org bing.com here.com
eventbrite.de eventbrite.com eventbrite.at eventbrite.ch capterra.com g2.com omr.com producthunt.com
"""
_SERVICES = """
apps.apple.com itunes.apple.com maps.apple.com music.apple.com podcasts.apple.com apps.microsoft.com
teams.microsoft.com forms.office.com outlook.office365.com outlook.office.com onedrive.live.com
appexchange.salesforce.com calendly.com cal.com doodle.com zoom.us notion.so canva.com trello.com dropbox.com
wetransfer.com paypal.com paypal.me typeform.com surveymonkey.com jotform.com web.archive.org archive.org wix.com
ionos.de strato.de squarespace.com godaddy.com sedo.com slack.com okta.com oktapreview.com onelogin.com auth0.com personio.de
personio.com bamboohr.com workable.com lever.co greenhouse.io ashbyhq.com smartrecruiters.com softgarden.io myworkdayjobs.com
workday.com successfactors.com successfactors.eu breezy.hr service-now.com shopify.com airtable.com uservoice.com canny.io
calendar.app.google tally.so app.hubspot.com meetings.hubspot.com meetings-eu1.hubspot.com share.hsforms.com
app-eu1.hubspot.com forms.app cognitoforms.com formstack.com paperform.co fillout.com heyflow.app wufoo.com
my.canva.site podia.com beehiiv.com kajabi.com teachable.com thinkific.com kartra.com
"""
#: Names that people fill in where they have no site.
_NO_SITE = """
example.com example.net example.org domain.com domain.de yourdomain.com yourcompany.com yoursite.com website.com
meinefirma.de musterfirma.de mustermann.de beispiel.de nowhere.com none.com test.com noemail.com nomail.com
"""
_HOSTING = """
onmicrosoft.com onmicrosoft.de sharepoint.com gappssmtp.com 20230601.gappssmtp.com
test-google-a.com jimdo.com jimdosite.com jimdofree.com jimdoweb.com business.site negocio.site wordpress.com blogspot.de
blogspot.at blogspot.ch webnode.com webnode.page webnode.de webnode.at weebly.com weeblysite.com strikingly.com
godaddysites.com site123.me ucraft.site webador.de webador.com jouwweb.nl e-monsite.com over-blog.com mozello.com
site.pro simdif.com cabanova.com hpage.com npage.de beepworld.de de.tl page.tl chayns.net chayns.site eatbu.com
1und1.site ionos.space strato-hosting.eu website.one clickfunnels.com unbouncepages.com instapage.com
perspectivefunnel.com myperspective.co hubspotpagebuilder.com hubspotpagebuilder.eu hs-sites.com hs-sites-eu1.com
zohosites.com zohosites.eu salesforce-sites.com my.salesforce.com my.site.com force.com
lightning.force.com secure.force.com my.salesforce-sites.com sandbox.my.salesforce.com sandbox.my.site.com visualforce.com
documentforce.com cloudforce.com atlassian.net zendesk.com
freshdesk.com jobs.personio.de jobs.personio.com recruitee.com gambiocloud.com bigcartel.com jtl-shop.de typepad.com
livejournal.com webs.com homestead.com surge.sh gitbook.io ghost.io my-online.store company.site
multiscreensite.com durable.co systeme.io odoo.com canva.site mykajabi.com tilda.ws mystrikingly.com softr.app
glide.page super.site typedream.site mybigcommerce.com leadpages.net webshopapp.com shoplightspeed.com
plentymarkets-cloud-de.com bitrix24.site bitrix24.de bitrix24.com teamtailor.com freshservice.com myfreshworks.com
helpscoutdocs.com statuspage.io mn.co mightynetworks.com learnworlds.com simplybook.me as.me youcanbook.me zohobookings.com
dynamics.com crm.dynamics.com crm4.dynamics.com powerappsportals.com microsoftcrmportals.com hs-sites-na2.com
hs-sites-ap1.com up.railway.app loca.lt quickconnect.to bolt.host base44.app hostingersite.com myportfolio.com mailchimpsites.com
ck.page zyrosite.com sumupstore.com onepage.me lovable.app gamma.site yolasite.com ueniweb.com durable.site b12sites.com
portfoliobox.net cargo.site dorik.io umso.co unicornplatform.page swipepages.co getresponsesite.com heyflow.site
subscribepage.io mydurable.com mystrikingly.com wixstudio.com wixstudio.io square.site framer.website framer.site
emergent.host replit.app vercel.app v0.app manus.space
"""

#: Their sites lie under every top level domain ("amazon.de", "google.at").
_WORLDWIDE = """
amazon google ebay facebook yelp tripadvisor airbnb pinterest trustpilot glassdoor autoscout24 immobilienscout24
"""
#: Reserved for tests and networks at home (RFC 2606, 6761, 6762, 8375). Under ".example" lie demos: there it is a company.
_NO_TOP_LEVEL = "test invalid localhost local lan internal intranet home localdomain arpa onion"

_SITES = f"{_SOCIAL} {_LINK_PAGES} {_SHORT_LINKS} {_MARKETPLACES} {_DIRECTORIES} {_SERVICES}"
_PAGES = f"{_SITES} {_ADDRESS_NAMES} {_NO_SITE}"
SHARED_HOSTS = frozenset(_PAGES.split())
LINK_HOSTS = frozenset(_REWRITTEN.split())
NO_ADDRESS_DOMAINS = frozenset(f"{_ADDRESS_NAMES} {_NO_SITE}".split())
HOSTING_SUFFIXES = frozenset(_HOSTING.split())
_WORLDWIDE_LABELS = frozenset(_WORLDWIDE.split())
_NO_TOP_LEVELS = frozenset(_NO_TOP_LEVEL.split())


def is_worldwide(domain: str) -> bool:
    """Whether the registrable domain is one country's address of a host that has pages of all companies."""
    return domain.partition(".")[0] in _WORLDWIDE_LABELS


def is_public(host: str) -> bool:
    """Whether the host can be reached from everywhere, by its last label."""
    top = host.rpartition(".")[2]
    return top not in _NO_TOP_LEVELS and not top.isdigit()
