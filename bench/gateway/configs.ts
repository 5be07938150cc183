/** Where things listen; all on 127.0.0.1. */
export interface Ports {
  readonly upstream: number;
  readonly echo: number;
}

const nginxPaths = (folder: string): string =>
  ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `  ${name}_temp_path ${folder}/${name};`)
    .join("\n");

/** An nginx of one process. */
export const nginxMain = (folder: string, http: string, connections = 8192): string => `
daemon off;
master_process off;
pid ${folder}/pid;
error_log stderr error;
worker_rlimit_nofile ${2 * connections};
events { worker_connections ${connections}; }
http {
${nginxPaths(folder)}
  keepalive_requests 1000000000;
  keepalive_timeout 120s;
  tcp_nodelay on;
${http}
}
`;

/** The upstream: two files, and a POST path that reads the body and answers its announced length. */
export const nginxUpstream = (folder: string, port: number): string =>
  nginxMain(
    folder,
    `
  access_log off;
  sendfile on;
  default_type application/json;
  open_file_cache max=16;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    root ${folder}/www;
    location /api/v1/ { }
    location = /api/v1/post { return 200 '{"received":$content_length}'; }
    location = /api/v1/seen {
      return 200 '{"id":"$http_x_request_id","for":"$http_x_forwarded_for","host":"$http_host"}';
    }
  }`,
  );

/**
 * nginx doing what the gateway does. Its buffers are the default ones, which hold 36 KiB of an answer; with
 * `buffers` they hold a 64 KiB answer whole.
 */
export const nginxProxy = (
  folder: string,
  port: number,
  to: Ports,
  { log, buffers = false }: { readonly log?: string; readonly buffers?: boolean },
): string =>
  nginxMain(
    folder,
    `
  log_format json escape=json '{"time":"$time_iso8601","id":"$request_id","method":"$request_method",'
    '"path":"$uri","query":"$args","status":$status,"ms":$request_time,"bytesOut":$bytes_sent,"client":"$remote_addr"}';
  access_log ${log === undefined ? "off" : `${log} json buffer=16k flush=1s`};
  upstream core { server 127.0.0.1:${to.upstream}; keepalive 256; keepalive_requests 1000000000; }
  upstream echo { server 127.0.0.1:${to.echo}; }
  proxy_http_version 1.1;
  ${buffers ? "proxy_buffer_size 16k; proxy_buffers 8 16k;" : ""}
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
    location /core/ {
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Request-ID $request_id;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $host;
      proxy_pass http://core/api/v1/;
    }
    location /socket {
      proxy_set_header Connection upgrade;
      proxy_set_header Upgrade $http_upgrade;
      proxy_read_timeout 300s;
      proxy_pass http://echo;
    }
  }`,
  );

/** haproxy doing the same on one thread. */
export const haproxyProxy = (port: number, to: Ports): string => `
global
  nbthread 1
  maxconn 4000
defaults
  mode http
  timeout client 120s
  timeout server 120s
  timeout connect 3s
  timeout tunnel 300s
  option http-keep-alive
  http-reuse always
frontend gateway
  bind 127.0.0.1:${port}
  unique-id-format %[uuid()]
  http-request set-header X-Request-ID %[unique-id]
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  option forwardfor
  http-response set-header X-Request-ID %[unique-id]
  http-response set-header X-Frame-Options DENY
  http-response set-header X-Content-Type-Options nosniff
  http-request replace-path ^/core/(.*)$ /api/v1/\\1
  use_backend echo if { path_beg /socket }
  default_backend core
backend core
  server core 127.0.0.1:${to.upstream}
backend echo
  server echo 127.0.0.1:${to.echo}
`;

/** The gateway's routing table for the same work. */
export const gatewayRoutes = (to: Ports): string =>
  JSON.stringify({
    services: [
      {
        name: "core",
        host: "127.0.0.1",
        port: to.upstream,
        prefix: "/core",
        strip_prefix: true,
        api_version: 1,
      },
      {
        name: "socket",
        host: "127.0.0.1",
        port: to.echo,
        prefix: "/socket",
        strip_prefix: false,
        websocket: true,
      },
    ],
  });
