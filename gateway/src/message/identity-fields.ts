/**
 * Request fields in which a proxy says who the client is or what it asked for, and which software behind it believes. A
 * client that may send them can be anybody. Names that end with `-` stand for all names that begin so.
 */
const believed: readonly string[] = [
  // RFC 7239; Spring's ForwardedHeaderFilter, RemoteIp for Plug, Symfony.
  "forwarded",
  // ASP.NET Core's ForwardedHeadersMiddleware reads X-Forwarded-For, -Proto, -Host and -Prefix and keeps what was
  // there as X-Original-*
  // (learn.microsoft.com/dotnet/api/microsoft.aspnetcore.httpoverrides.forwardedheadersdefaults); Plug.RewriteOn
  // reads -For, -Host, -Port and -Proto (hexdocs.pm/plug/Plug.RewriteOn.html); echo reads -Protocol and -Ssl
  // (echo.labstack.com/guide/request-scheme), Rack -Scheme. Envoy and Traefik put client certificates into
  // X-Forwarded-Client-Cert and -Tls-Client-Cert, oauth2-proxy the user into -User, -Email, -Groups and
  // -Preferred-Username (oauth2-proxy.github.io/oauth2-proxy/configuration/overview).
  "x-forwarded-",
  "x-forwarded",
  "forwarded-for",
  "x-original-",
  // The client's address. chi's RealIP reads True-Client-IP before anything else (github.com/go-chi/chi,
  // middleware/realip.go), gin and echo X-Real-IP (gin-gonic.com/docs/server-config/trusted-proxies), RemoteIp for
  // Plug X-Client-IP and X-Real-IP (hexdocs.pm/remote_ip), Rails Client-IP (ActionDispatch::RemoteIp).
  "x-real-ip",
  "true-client-ip",
  "x-client-ip",
  "client-ip",
  "x-cluster-client-ip",
  "x-proxyuser-ip",
  // The same from content delivery networks and clouds: Cloudflare
  // (developers.cloudflare.com/fundamentals/reference/http-headers), Fastly, Akamai (True-Client-IP), Fly
  // (fly.io/docs/networking/request-headers), CloudFront, Azure Front Door, App Engine.
  "cf-connecting-ip",
  "cf-connecting-ipv6",
  "cf-pseudo-ipv4",
  "fastly-client-ip",
  "fly-client-ip",
  "cloudfront-viewer-address",
  "x-azure-",
  "x-appengine-",
  // Whether the client came by TLS: echo's Scheme(), Rack, IIS.
  "x-url-scheme",
  "x-scheme",
  "front-end-https",
  // Envoy's orders to itself: retries, time-outs, what counts as internal
  // (envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/header_sanitizing).
  "x-envoy-",
  // Azure App Service: who is logged in
  // (learn.microsoft.com/azure/app-service/configure-authentication-user-identities), the client's certificate and
  // whether it used TLS, as IIS's Application Request Routing writes them.
  "x-ms-client-principal",
  "x-ms-client-principal-",
  "x-ms-token-",
  "x-arr-",
  // Client certificates: RFC 9440 (a proxy MUST take them off, section 4), HAProxy, nginx and its ingress
  // controller.
  "client-cert",
  "client-cert-chain",
  "x-client-cert",
  "x-client-cert-",
  "x-ssl",
  "x-ssl-",
  "ssl-client-",
  // Who is logged in, said by a proxy that asked: oauth2-proxy, Kubernetes' authenticating proxy, Authelia,
  // Grafana's auth proxy, Google's IAP, AWS' load balancer.
  "x-auth-request-",
  "x-remote-",
  "remote-user",
  "remote-groups",
  "remote-email",
  "remote-name",
  "x-webauth-",
  "x-goog-authenticated-user-",
  "x-goog-iap-jwt-assertion",
  "x-amzn-oidc-",
];

/** Fields that no proxy needs to send either, since they change what an upstream does behind the gateway's back. */
const never: readonly string[] = [
  // A CGI-style server makes HTTP_PROXY of it, and its own requests go wherever that says (httpoxy.org,
  // CVE-2016-5385).
  "proxy",
  // IIS' URL Rewrite; Symfony, Zend and others serve this path in place of the one that was asked for, behind
  // whatever `deny` forbids (CVE-2018-14773, ZF2018-01).
  "x-original-url",
  "x-rewrite-url",
];

const names: ReadonlySet<string> = new Set(believed.filter((name) => !name.endsWith("-")));
const beginnings: readonly string[] = believed.filter((name) => name.endsWith("-"));

/**
 * What a field says of the client's identity, by its name in lower case and with `-` for `_`: `spoofable` is for trusted
 * proxies to say, `never` for nobody.
 */
export function identityField(name: string): "spoofable" | "never" | undefined {
  if (never.includes(name)) return "never";
  return names.has(name) || beginnings.some((start) => name.startsWith(start)) ? "spoofable" : undefined;
}
