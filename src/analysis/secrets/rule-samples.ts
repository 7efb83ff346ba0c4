/**
 * How a secret of each rule can look, for tests. `{h32}` stands for 32 random characters of an alphabet, so that nothing
 * in this repository is, or looks like, a secret.
 */
const ALPHABETS: Readonly<Record<string, string>> = {
  h: '0123456789abcdef',
  a: 'abcdefghijklmnopqrstuvwxyz0123456789',
  A: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
  l: 'abcdefghijklmnopqrstuvwxyz',
  m: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
  d: '0123456789',
  w: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_',
  b: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
  g: 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L',
  t: 'abcdefghijklmnopqrstuvwxyz234567',
};
const UUID = '{h8}-{h4}-{h4}-{h4}-{h12}';

/** The text that a template stands for; the same for the same seed. */
export function fill(template: string, seed: number): string {
  let state = seed * 2_654_435_761 + 1;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * below);
  };
  const seeded = template.replaceAll('{u}', UUID);
  return seeded.replace(/\{([a-zA-Z])(\d+)\}/g, (_, kind: string, count: string) => {
    const alphabet = ALPHABETS[kind] ?? '';
    return Array.from({ length: Number(count) }, () => alphabet[next(alphabet.length)]).join('');
  });
}

/** The template with its last piece cut short: no secret any more. */
export function broken({ template, less }: Sample): string {
  if (less !== undefined) return less;
  const pieces = [...template.replaceAll('{u}', UUID).matchAll(/\{([a-zA-Z])(\d+)\}/g)];
  const last = pieces.at(-1);
  if (!last) return template.replace(/[a-z]{4}/g, 'x.x');
  const text = template.replaceAll('{u}', UUID);
  const shorter = `{${last[1]}${Math.floor(Number(last[2]) / 3)}}`;
  return `${text.slice(0, last.index)}${shorter}${text.slice(last.index + last[0].length)}`;
}

export interface Sample {
  readonly ruleId: string;
  readonly template: string;
  /** Where the rule looks only at certain files. */
  readonly path?: string;
  /** What is no secret, where it is not the template with its last piece cut short. */
  readonly less?: string;
}

const DASHES = '-'.repeat(5);
const PEM_LINES = Array.from({ length: 6 }, () => '{b64}').join('\n');

function pem(label: string): string {
  return `${DASHES}BEGIN ${label}${DASHES}\n${PEM_LINES}\n{b30}==\n${DASHES}END ${label}${DASHES}`;
}

const ROWS = `
aws-access-key-id | aws_id = "AKIA{A16}"
aws-secret-access-key | aws_secret_access_key = "{b40}"
aws-session-token | AWS_SESSION_TOKEN={m200}
aws-mws-auth-token | amzn.mws.{u}
aws-bedrock-api-key | ABSK{m120}
gcp-service-account | {"type": "service_account", "project_id": "x"}
gcp-api-key | AIza{w35}
gcp-oauth-client-secret | GOCSPX-{w28}
gcp-oauth-access-token | ya29.{w24}
azure-storage-account-key | DefaultEndpointsProtocol=https;AccountName=x;AccountKey={b86}==
azure-client-secret | secret = "{m3}8Q~{m34}"
azure-shared-access-signature | https://x.blob.core.windows.net/c?sv=2020&sig={m43}=
azure-shared-access-key | Endpoint=sb://x/;SharedAccessKeyName=y;SharedAccessKey={m43}=
azure-devops-pat | AZURE_DEVOPS_PAT={t52}
azure-container-registry-key | {m42}+ACRA{m5}
alibaba-access-key-id | key = "LTAI{m20}"
alibaba-secret-key | alibaba_key = "{a30}"
digitalocean-pat | dop_v1_{h64}
digitalocean-access-token | doo_v1_{h64}
digitalocean-refresh-token | dor_v1_{h64}
heroku-api-key | heroku_key = "{u}"
heroku-platform-key | HRKU-{u}
flyio-access-token | fo1_{w43}
fastly-api-token | fastly_key = "{m32}"
cloudflare-api-token | cloudflare_token = "{m40}"
cloudflare-origin-ca-key | v1.0-{h24}-{h146}
scalingo-api-token | tk-us-{m48}
yandex-api-key | AQVN{w36}
yandex-aws-access-token | yandex_key = "YC{m38}"
tencent-secret-id | AKID{m32}
ibm-cloud-api-key | IBM_CLOUD_API_KEY="{m44}"
netlify-access-token | netlify_token = "{m44}"
vercel-api-token | VERCEL_TOKEN={m24}
supabase-service-key | sbp_{h40}
github-pat | GITHUB_PAT=ghp_{m36}
github-oauth | GITHUB_TOKEN=gho_{m36}
github-app-token | GITHUB_TOKEN=ghs_{m36}
github-refresh-token | GITHUB_TOKEN=ghr_{m76}
github-fine-grained-pat | GITHUB_TOKEN=github_pat_{m22}_{m59}
gitlab-pat | GITLAB=glpat-{m20}
gitlab-trigger-token | glptt-{h40}
gitlab-runner-registration-token | GR1348941{m20}
gitlab-runner-authentication-token | glrt-{m20}
gitlab-deploy-token | gldt-{m20}
gitlab-feed-token | glft-{m20}
gitlab-job-token | glcbt-64_{m20}
gitlab-agent-token | glagent-{m50}
gitlab-incoming-mail-token | glimt-{m25}
gitlab-scim-token | glsoat-{m20}
gitlab-oauth-app-secret | gloas-{h64}
bitbucket-client-id | bitbucket_id = "{a32}"
bitbucket-client-secret | bitbucket_secret = "{a64}"
bitbucket-app-password | ATBB{m32}
atlassian-api-token | jira_token = "{a24}"
atlassian-scoped-api-token | ATATT3{m186}
npm-access-token | npm_token = "npm_{m36}"
npmrc-auth | //registry.x.org/:_authToken={m12} | root/.npmrc
pypi-upload-token | pypi-AgEIcHlwaS5vcmc{m80}
pypirc-password | [pypi]\\nusername = u\\npassword = {m6} | root/.pypirc
rubygems-api-token | rubygems_{h48}
clojars-api-token | CLOJARS_{a60}
private-packagist-token | packagist_ort_{h68}
crates-io-token | token = "cio{m32}"
nuget-api-key | oy2{a43}
dockerhub-pat | dckr_pat_{w27}
artifactory-api-token | AKCp{m69}
artifactory-reference-token | cmVmdGtu{m56}
sonar-api-token | sqp_{h40}
circleci-pat | CCIPAT_{m22}_{h40}
travisci-access-token | travis_token = "{m22}"
buildkite-token | bkua_{h40}
harness-api-key | pat.{m22}.{h24}.{m20}
launchdarkly-access-token | api-{u}
postman-api-token | PMAK-{h24}-{h34}
readme-api-token | rdme_{a70}
snyk-api-token | SNYK_TOKEN={u}
codecov-access-token | CODECOV_TOKEN={u}
linear-api-token | lin_api_{m40}
linear-client-secret | linear_secret = "{h32}"
asana-client-id | asana_id = "{d16}"
asana-client-secret | asana_secret = "{a32}"
vault-token | VAULT_TOKEN=hvs.{m24}
hashicorp-tf-api-token | {m14}.atlasv1.{m67}
terraform-password | password = "{m12}" | infra/main.tfvars
pulumi-api-token | pul-{h40}
infracost-api-token | ico-{m32}
openshift-user-token | sha256~{w43}
doppler-api-token | dp.pt.{m43}
onepassword-service-account-token | ops_eyJ{m300}
onepassword-secret-key | A3-{A6}-{A6}-{A5}-{A5}-{A5}-{A5}
hugging-face-access-token | hf_{m37}
openai-api-key | sk-{m20}T3BlbkFJ{m20}
anthropic-api-key | sk-ant-api03-{m95}
cohere-api-token | cohere_key = "{m40}"
groq-api-key | gsk_{m52}
perplexity-api-key | pplx-{m48}
replicate-api-token | r8_{m37}
xai-api-key | xai-{m80}
langsmith-api-key | lsv2_pt_{h32}_{h10}
databricks-api-token | dapi{h32}
dynatrace-api-token | dt0c01.{A24}.{A64}
grafana-api-token | eyJrIjoi{m80}
grafana-service-account-token | glsa_{m32}_{h8}
grafana-cloud-api-token | glc_{m80}
new-relic-user-api-key | NRAK-{A27}
new-relic-user-api-id | newrelic_key = "{a64}"
new-relic-browser-api-token | NRJS-{h19}
new-relic-insert-key | NRII-{m32}
new-relic-license-key | key: {h36}NRAL
sentry-org-token | sntrys_eyJ{m100}
sentry-user-token | sntryu_{h64}
sentry-access-token | SENTRY_AUTH_TOKEN={h64}
datadog-api-key | DD_API_KEY={h32}
sumologic-access-id | sumo_id = "su{m12}"
sumologic-access-token | sumo_key = "{m64}"
splunk-hec-token | splunk_token = "{u}"
honeycomb-ingest-key | hcaik_{a58}
pagerduty-api-token | pagerduty_token = "{w20}"
prefect-api-token | pnu_{m36}
planetscale-password | pscale_pw_{m43}
planetscale-api-token | pscale_tkn_{m43}
planetscale-oauth-token | pscale_oauth_{m40}
algolia-api-key | ALGOLIA_KEY={h32}
contentful-delivery-api-token | contentful_token = "{m43}"
contentful-management-token | CFPAT-{m43}
mapbox-api-token | pk.eyJ{m57}.{m22}
airtable-api-key | airtable_key = "key{m14}"
airtable-pat | pat{m14}.{h64}
notion-api-token | secret_{m43}
typeform-api-token | typeform_token = "tfp_{m59}"
frameio-api-token | fio-u-{m64}
ionic-api-token | ionic_token = "ion_{a42}"
dropbox-api-secret | dropbox_secret = "{a15}"
dropbox-short-lived-api-token | dropbox_token = "sl.{m136}"
dropbox-long-lived-api-token | dropbox_token = "{a11}AAAAAAAAAA{m43}"
adobe-client-id | adobe_id = "{h32}"
adobe-client-secret | p8e-{m32}
adafruit-io-key | aio_{m28}
adafruit-api-key | adafruit_key = "{w32}"
beamer-api-token | beamer_key = "b_{m44}"
settlemint-access-token | sm_pat_{m16}
figma-pat | figd_{m40}
miro-access-token | miro_token = "eyJ{m30}"
okta-access-token | okta_token = "00{m40}"
auth0-client-secret | AUTH0_CLIENT_SECRET={m64}
cloudinary-url | cloudinary://{d15}:{m27}@x
confluent-secret-key | confluent_secret = "{b64}"
aiven-token | AVNS_{m19}
tailscale-key | tskey-auth-{m12}-{m32}
ngrok-token | ngrok_token = "{m27}_{m21}"
kraken-access-token | kraken_token = "{m84}"
stripe-publishable-token | stripe = "pk_live_{m24}"
stripe-secret-token | stripe = "sk_live_{m24}"
stripe-webhook-secret | whsec_{m32}
shopify-token | shpat_{h32}
square-access-token | sq0atp-{m22}
square-oauth-secret | sq0csp-{m43}
paypal-braintree-access-token | access_token$production\${a16}\${h32}
plaid-access-token | access-sandbox-{u}
coinbase-access-token | coinbase_token = "{m64}"
flutterwave-public-key | FLWPUBK_TEST-{h32}-X
flutterwave-enc-key | FLWSECK_TEST{h12}
flutterwave-live-key | FLWSECK-{h32}-X
finicity-client-secret | finicity_secret = "{a20}"
finicity-api-token | finicity_token = "{h32}"
gocardless-api-token | gocardless_token = "live_{m40}"
lob-api-key | lob_key = "live_{h35}"
lob-pub-api-key | lob_key = "test_pub_{h31}"
easypost-api-token | EZAK{m54}
shippo-api-token | shippo_live_{h40}
duffel-api-token | duffel_live_{m43}
razorpay-key | rzp_live_{m14}
maxmind-license-key | {m6}_{m29}_mmk
bittrex-access-key | bittrex_key = "{a32}"
etsy-access-token | etsy_key = "{a24}"
slack-access-token | xoxb-{m12}
slack-app-token | xapp-1-{A11}-{d13}-{h64}
slack-config-token | xoxe.xoxp-1-{m163}
slack-web-hook | https://hooks.slack.com/services/T{A8}/B{A8}/{m24}
microsoft-teams-webhook | https://x.webhook.office.com/webhookb2/{u}@{u}/IncomingWebhook/{h32}/{u}
discord-api-token | discord_key = "{h64}"
discord-client-id | discord_id = "{d18}"
discord-client-secret | discord_secret = "{a32}"
discord-bot-token | DISCORD_TOKEN=M{m23}.{m6}.{m38}
discord-webhook | https://discord.com/api/webhooks/{d18}/{w68}
telegram-bot-token | telegram = "{d10}:AA{m33}"
twilio-api-key | twilio = "SK{h32}"
twilio-auth-token | TWILIO_AUTH_TOKEN={h32}
sendgrid-api-token | SG.{m22}.{m43}
sendinblue-api-token | xkeysib-{h64}-{m16}
mailchimp-api-key | mailchimp_key = "{h32}-us12"
mandrill-api-key | md-{m22}
mailgun-token | mailgun_key = "key-{h32}"
mailgun-signing-key | mailgun_key = "{h32}-{h8}-{h8}"
messagebird-api-token | messagebird_token = "{a25}"
messagebird-client-id | messagebird_id = "{u}"
facebook-token | facebook_token = "{h32}"
facebook-access-token | EAAC{m120}
twitter-token | twitter_token = "{h40}"
twitter-bearer-token | AAAAAAAAAAAAAAAAAAAAA{m80}
linkedin-client-secret | linkedin_secret = "{l16}"
linkedin-client-id | linkedin_id = "{a14}"
twitch-api-token | twitch_token = "{a30}"
instagram-access-token | IGQV{m120}
hubspot-api-token | hubspot_key = "{u}"
hubspot-private-app-token | pat-na1-{u}
intercom-api-token | intercom_token = "{a60}"
intercom-client-secret | intercom_secret = "{u}"
zendesk-secret-key | zendesk_key = "{a40}"
freshbooks-access-token | freshbooks_token = "{a64}"
mattermost-access-token | mattermost_token = "{a26}"
plivo-auth-token | plivo_token = "{m40}"
vonage-api-secret | VONAGE_API_SECRET={m16}
age-secret-key | AGE-SECRET-KEY-1{g58}
jwt-token | jwt = "eyJ{m33}.eyJ{m59}.{m24}"
dockerconfig-secret | data:\\n  .dockerconfigjson: eyJ{m12}
docker-config-auth | {"auths": {"x": {"auth": "{m12}"}}} | root/.docker/config.json
netrc-password | machine x login u password {m6} | root/.netrc
git-credentials | https://u:{m6}@x.org | root/.git-credentials
pgpass-password | db.x.org:5432:d:u:{m1} | root/.pgpass
mysql-client-password | [client]\\npassword = {m6} | root/.my.cnf
kubeconfig-client-key | client-key-data: {m120}
kubeconfig-token | users:\\n- user:\\n    token: {m24} | root/.kube/config
maven-settings-password | <password>{m6}</password> | root/.m2/settings.xml
nuget-config-password | <add key="ClearTextPassword" value="{m6}" /> | app/NuGet.Config
htpasswd-hash | u:$apr1\${m8}\${m22} | srv/.htpasswd
shadow-password-hash | root:$6\${m8}\${m22}:19000:0:99999:7::: | etc/shadow
basic-auth-url | postgres://u:{m16}@db.x.org/d
authorization-basic | Authorization: Basic {m24}
`;

function toSample(row: string): Sample {
  const [ruleId = '', template = '', path] = row.split(' | ');
  return { ruleId, template: template.replaceAll('\\n', '\n'), ...(path !== undefined && { path }) };
}

const PUTTY =
  'PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\nPublic-Lines: 1\n{b64}\nPrivate-Lines: 2\n{b64}\n{b40}\nPrivate-MAC: x';

export const samples: readonly Sample[] = [
  ...ROWS.trim().split('\n').map(toSample),
  ...['RSA PRIVATE KEY', 'EC PRIVATE KEY', 'PRIVATE KEY', 'ENCRYPTED PRIVATE KEY', 'OPENSSH PRIVATE KEY'].map(
    (label) => {
      return {
        ruleId: 'private-key',
        template: pem(label),
        less: pem(label).replace(PEM_LINES, '...').replace('{b30}==', '...'),
      };
    },
  ),
  {
    ruleId: 'private-key',
    template: `${DASHES}BEGIN PGP PRIVATE KEY BLOCK${DASHES}\n\n${PEM_LINES}\n=abcd\n${DASHES}END PGP PRIVATE KEY BLOCK${DASHES}`,
    less: `${DASHES}BEGIN PGP PRIVATE KEY BLOCK${DASHES}`,
  },
  { ruleId: 'putty-private-key', template: PUTTY, less: PUTTY.slice(0, 60) },
];
