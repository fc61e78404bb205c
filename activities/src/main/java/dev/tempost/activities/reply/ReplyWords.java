package dev.tempost.activities.reply;

import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The words servers and TLS layers speak in. Whatever else a reply holds may come from the message it is about, so only
 * these are shown. First names stay out ({@code mark}, {@code bill}); the few that verbs need ({@code will}, {@code may})
 * are hidden where the row has them, see {@link Personal}.
 */
final class ReplyWords {

    private static final Set<String> WORDS =
            Pattern.compile("\\s+").splitAsStream("""
            a able about above abuse accept acceptable accepted accepting access according account accounts action active
            actively activity additional address addressed addresses administrative administrator administratively after again
            against alert alias aliases alignment all allocated allocation allow allowed allows already also alternative am
            an and another any appears application are as ask at attachment attempt attempted attempts auth authenticate
            authenticated authentication authorization authorized automatically available avoid aware awaiting
            back bad banned bandwidth based basis be because been before begin being between blacklist blacklisted block
            blocked blocklist blocklisted body both bounce building bulk busy but by bye bytes
            cache call came can cannot certificate certificates certification chain challenge change changed characters
            check checked checking checks cipher class client clock close closed closing code come command commands complete completed
            compliance compliant condition configuration configured conflict confirm congestion connect connected connecting
            connection connections contact contain contains content continue control conversation converted copy correct
            could credentials current currently
            daily data database day days deactivated declared decline declined deferred define defined delay delayed delete
            deleted deliver delivered delivery demanded denied deny dependency depth destination detail details detected did
            different directory disabled disallowed discarded disconnected disconnecting discontinued disk dkim dmarc dns
            dnsbl do does domain domains done don double down due duplicate during
            each effect effective ehlo either email emails empty enabled encoding encrypt encrypted encryption end enforced enhanced enough
            envelope error errors esmtp establish established even every exceed exceeded exceeding exceeds exceptional
            exception excessive exchange exist existing exists expected expired external
            fail failed failing failure failures far fast fatal few file files filter filtered filtering final find fine
            finished first flow for forbidden format forward forwarded forwarding found free frequently from full
            further
            gateway generate get given go goodbye gone got granted greylist greylisted greylisting graylisted graylisting
            group
            had handle handshake has have header headers helo help here high hold host hostname hosts hour hourly
            hours how however
            identification identity if ignored illegal implemented in inactive inactivity inbox inbound incoming incomplete incorrect
            information infected insecure insufficient integrity intended internal internet into invalid ip ipv is issue
            it item its
            just
            keep key kilobytes known
            large larger last later least length less level limit limited limits line lines link links list listed local
            locked logged login log logs long longer longest lookup loop lost low lower
            machine made mail mailbox mailboxes mailer mails maintenance make malformed malicious malware many matches
            matching max maximum may mean mechanism mechanisms megabytes member message messages method milliseconds mime
            minimum minute minutes missing mode moderation moment month monthly more most moved must mx
            name names need needed needs negotiation network new next no none non nonexistent normal not nothing notice
            notification now null number
            object of off offer offered offers office ok okay old on once one only open operation option or order ordinary
            organization origin other our out outbound outgoing over overloaded own owner
            parameter parameters parse part parts party password passwords path pending per period permanent permanently
            permission permitted phishing pipelining pkix place plain plaintext please policies policy port possible
            possibly postmaster prefix present presented previous prior priority problem problems process processed processing
            program prohibited proper protected protection protocol provided provider ptr
            quality quarantined queue queued queuing quickly quit quota quotas
            range rate rates ratio rbl reach reached read ready reason reasons rebooting receive received receiver receiving
            recently recipient recipients recognized reconnect record records reduce refresh refuse refused refusing register
            registered reject rejected rejecting rejection relay relayed relaying remote remove removed repeat repeated reply
            reports reputation request requested requests require required requires requiring reset resend resolve resolved
            resource resources response restricted restriction restrictions result results retries retry retrying return
            returned reverse review revoked route routed router routing rule rules
            s safe same scanned scanner score second seconds secure security see seems seen send sender senders sending sent
            sequence server servers service services session set should shut shutdown shutting signature signed similar
            since site size slow slowdown small smtp so socket soft some something soon sorry source space spam spammer
            specified spf ssl start started starting starttls state status still stop stopped storage store stored strong
            subject submission submit submitted subsystem such supplied support supported supports suspected suspended
            suspicious syntax system
            t table tables take taken takes target temporarily temporary tenant terminate terminated terminating test than that
            the their them then there therefore these they this thread threshold throttle throttled throttling through tick
            time timed timeout times tls to today token too total traffic transaction transfer transient transport trust
            trusted tried try trying type typo typos
            unable unacceptable unauthenticated unauthorized unavailable under undefined undeliverable unencrypted
            unexpected unfortunately unimplemented unique unknown unlisted unlock unrecognized unresolvable unrouteable
            unsolicited unsupported until unusual unverified up update upgrade upon url urls us usage use used user username
            users uses using
            valid validation value verification verified verify version via violated violates violation virus volume
            wait waiting want warning was way we web weak week welcome well were what when where which while who why will with
            within without word work working would write wrong
            yes yet you your yourself
            choices created early entity field fields http json media modified multiple partial payload precondition redirect schema unprocessable webhook webhooks
            """.strip()).collect(Collectors.toUnmodifiableSet());

    private ReplyWords() {}

    /** Whether it is one of them, in lower case. */
    static boolean has(String word) {
        return WORDS.contains(word);
    }
}
