// nginx as the server of the files, with sendfile, so that not the server is what is measured.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { dataDirectory } from './data.js'
import { programPath } from './programs.js'

const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

const certificate = (folder) => {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30']
  const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  execFileSync(programPath('openssl'), ['req', '-x509', ...curve, ...name, '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  })
  return { cert, key }
}

// `auth_request` asks the status server, which answers late: a delay without a module of its own.
const configuration = ({ folder, plainPort, tlsPort, statusPort, cert, key }) => `
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log warn;
events { worker_connections 8192; multi_accept on; }
http {
  access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; sendfile_max_chunk 2m;
  keepalive_requests 10000000; keepalive_timeout 600s;
  open_file_cache max=30000 inactive=1h; open_file_cache_valid 1h;
  client_body_temp_path ${folder}/tmp; proxy_temp_path ${folder}/tmp; fastcgi_temp_path ${folder}/tmp;
  uwsgi_temp_path ${folder}/tmp; scgi_temp_path ${folder}/tmp;
  default_type application/fhir+ndjson;
  upstream status { server 127.0.0.1:${statusPort}; keepalive 64; }
  server {
    listen 127.0.0.1:${plainPort} backlog=4096;
    listen 127.0.0.1:${tlsPort} ssl;
    ssl_certificate ${cert}; ssl_certificate_key ${key}; ssl_protocols TLSv1.2 TLSv1.3;
    location /plain/ { alias ${dataDirectory}/; }
    location /gzip/ { alias ${dataDirectory}/; gzip_static on; }
    location /late/ { auth_request /wait; alias ${dataDirectory}/; }
    location = /wait {
      internal; proxy_pass http://status/wait; proxy_pass_request_body off; proxy_http_version 1.1;
      proxy_set_header Content-Length ""; proxy_set_header Connection "";
    }
  }
}
`

const isUp = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })

/** Starts it, with all of its own files in `folder`. Rejects when it does not come up. */
export const startNginx = async (folder, statusPort) => {
  const program = programPath('nginx', 'nginx-light')
  const [plainPort, tlsPort] = [await freePort(), await freePort()]
  mkdirSync(join(folder, 'tmp'), { recursive: true })
  const file = join(folder, 'nginx.conf')
  const { cert, key } = certificate(folder)
  writeFileSync(file, configuration({ folder, plainPort, tlsPort, statusPort, cert, key }))
  const child = spawn(program, ['-p', folder, '-c', file, '-e', join(folder, 'error.log')], {
    stdio: 'inherit',
  })
  const ended = once(child, 'exit')
  process.once('exit', () => child.kill('SIGTERM'))
  for (let tries = 0; !(await isUp(plainPort)); tries += 1) {
    if (tries === 100 || child.exitCode !== null) throw new Error('nginx does not come up')
    await sleep(50)
  }
  return {
    plain: `http://127.0.0.1:${plainPort}`,
    tls: `https://127.0.0.1:${tlsPort}`,
    ca: cert,
    close: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}
