import { nginxMain, type Ports } from "../configs.ts";

/** The ports of the bench, and those of the upstreams whose routes are attacked. */
export interface HostilePorts extends Ports {
  /** It hangs, is slow, or sends large answers. */
  readonly hostile: number;
  /** It answers fast. */
  readonly flood: number;
}

/** The path that the attacked route denies, as the client and as the upstream writes it. */
export const denied = {
  client: "/hostile/account/groups/permissions",
  upstream: "/api/v1/account/groups/permissions",
};

/** What all contenders are held to, in the gateway's terms; its defaults, written down. */
export const gatewaySettings = {
  GATEWAY_HEADERS_TIMEOUT_MS: "15000",
  GATEWAY_BODY_TIMEOUT_MS: "30000",
  GATEWAY_RESPONSE_TIMEOUT_MS: "60000",
  GATEWAY_MAX_HEADER_BYTES: "32768",
  GATEWAY_MAX_HEADERS: "200",
  GATEWAY_MAX_BODY_BYTES: "33554432",
  GATEWAY_LINGER_MS: "5000",
  GATEWAY_LINGER_MAX_MS: "30000",
  GATEWAY_CLIENT_IDLE_MS: "75000",
  GATEWAY_SEND_TIMEOUT_MS: "60000",
  GATEWAY_MAX_CONNECTIONS: "16384",
};

/** The gateway's routes: one for the well-behaved client, two for attackers, one whose handshakes are limited. */
export function hostileRoutes(to: HostilePorts): string {
  const route = { host: "127.0.0.1", strip_prefix: true, api_version: 1 };
  const limited = { rate_limit: { per_client: { rate: 0.001, burst: 1 } }, websocket: true };
  return JSON.stringify({
    services: [
      { ...route, name: "core", port: to.upstream, prefix: "/core" },
      { ...route, name: "flood", port: to.flood, prefix: "/flood" },
      { ...route, name: "hostile", port: to.hostile, prefix: "/hostile", deny: [denied.upstream] },
      {
        ...limited,
        name: "limited",
        host: "127.0.0.1",
        port: to.echo,
        prefix: "/limited",
        strip_prefix: false,
      },
    ],
  });
}

/**
 * nginx with the same limits. Answers that nobody reads wait at the upstream, as they do at the gateway, and not in
 * files; request bodies are collected before the upstream is asked, which is nginx's own way and its protection.
 */
export const hostileNginx = (folder: string, port: number, to: HostilePorts): string =>
  nginxMain(
    folder,
    `
  access_log off;
  client_header_timeout 15s;
  client_body_timeout 30s;
  client_max_body_size 32m;
  client_body_buffer_size 128k;
  large_client_header_buffers 4 32k;
  send_timeout 60s;
  lingering_timeout 5s;
  lingering_time 30s;
  proxy_read_timeout 60s;
  proxy_connect_timeout 3s;
  proxy_buffer_size 16k;
  proxy_buffers 8 16k;
  proxy_max_temp_file_size 0;
  limit_req_zone $binary_remote_addr zone=limited:1m rate=1r/m;
  limit_req_status 429;
  limit_req_log_level notice;
  upstream core { server 127.0.0.1:${to.upstream}; keepalive 256; keepalive_requests 1000000000; }
  upstream flood { server 127.0.0.1:${to.flood}; keepalive 256; keepalive_requests 1000000000; }
  upstream hostile { server 127.0.0.1:${to.hostile}; keepalive 256; keepalive_requests 1000000000; }
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $host;
  proxy_set_header X-Request-ID $request_id;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header X-Forwarded-Host $host;
  add_header X-Request-ID $request_id always;
  add_header X-Frame-Options DENY always;
  add_header X-Content-Type-Options nosniff always;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    keepalive_timeout 75s;
    location / { return 404; }
    location /core/ { proxy_pass http://core/api/v1/; }
    location /flood/ { proxy_pass http://flood/api/v1/; }
    location /hostile/ { proxy_pass http://hostile/api/v1/; }
    location ${denied.client} { return 404; }
    location /limited {
      limit_req zone=limited;
      proxy_set_header Connection upgrade;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Host $host;
      proxy_read_timeout 300s;
      proxy_pass http://127.0.0.1:${to.echo};
    }
  }`,
    16_384,
  );

/** haproxy with the same limits. Its buffers hold a head of 32 KiB and room to rewrite it, as by default they hold one of 15. */
export const hostileHaproxy = (port: number, to: HostilePorts): string => `
global
  nbthread 1
  maxconn 8000
  tune.bufsize 36864
  tune.maxrewrite 4096
  tune.http.maxhdr 200
defaults
  mode http
  timeout http-request 15s
  timeout http-keep-alive 75s
  timeout client 60s
  timeout server 60s
  timeout connect 3s
  timeout tunnel 300s
  option http-keep-alive
  option abortonclose
  http-reuse always
frontend gateway
  bind 127.0.0.1:${port} backlog 4096
  unique-id-format %[uuid()]
  acl limited path_beg /limited
  stick-table type ip size 10k expire 10m store http_req_cnt
  http-request track-sc0 src if limited
  http-request deny deny_status 429 if limited { sc_http_req_cnt(0) gt 1 }
  http-request deny deny_status 404 unless limited or { path_beg /core/ /flood/ /hostile/ }
  http-request deny deny_status 404 if { path,url_dec,lower -m beg ${denied.client} }
  http-request set-header X-Request-ID %[unique-id]
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  option forwardfor
  http-response set-header X-Request-ID %[unique-id]
  http-response set-header X-Frame-Options DENY
  http-response set-header X-Content-Type-Options nosniff
  use_backend echo if limited
  use_backend flood if { path_beg /flood/ }
  use_backend hostile if { path_beg /hostile/ }
  default_backend core
backend core
  http-request replace-path ^/core/(.*)$ /api/v1/\\1
  server core 127.0.0.1:${to.upstream}
backend flood
  http-request replace-path ^/flood/(.*)$ /api/v1/\\1
  server flood 127.0.0.1:${to.flood}
backend hostile
  http-request replace-path ^/hostile/(.*)$ /api/v1/\\1
  server hostile 127.0.0.1:${to.hostile}
backend echo
  server echo 127.0.0.1:${to.echo}
`;
