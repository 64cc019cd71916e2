{{/*
What a process is told by its environment. Names are those of the settings of the services:
SALUR_* for all, INTAKE_*, ROUTER_*, NOTIFIER_* and METRICS_* for one.
*/}}

{{/* Kafka, for the services and for the topics job. `own` may hold username and passwordSecret. */}}
{{- define "salur.kafkaEnvironment" -}}
{{- $kafka := .root.Values.kafka -}}
- name: SALUR_KAFKA__BOOTSTRAP_SERVERS
  value: {{ required "kafka.bootstrapServers: name the brokers, such as kafka-bootstrap.kafka:9093" $kafka.bootstrapServers | quote }}
- name: SALUR_KAFKA__SECURITY_PROTOCOL
  value: {{ $kafka.securityProtocol }}
{{- if hasPrefix "SASL_" $kafka.securityProtocol }}
{{- $own := default (dict) .own }}
{{- $secret := default (dict) $own.passwordSecret }}
- name: SALUR_KAFKA__SASL_MECHANISM
  value: {{ $kafka.saslMechanism }}
- name: SALUR_KAFKA__USERNAME
  value: {{ default (printf "salur-%s" .user) $own.username | quote }}
- name: SALUR_KAFKA__PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ default (printf "salur-%s" .user) $secret.name }}
      key: {{ default "password" $secret.key }}
{{- end }}
{{- if include "salur.caVolume" .root }}
- name: SALUR_CA_FILE
  value: /etc/salur/ca/{{ .root.Values.caBundle.key }}
{{- end }}
{{- if $kafka.caSecret.name }}
- name: SALUR_KAFKA__CA_FILE
  value: /etc/salur/kafka/{{ $kafka.caSecret.key }}
{{- end }}
{{- end -}}

{{/* MongoDB, for the services and for the operator's pod. */}}
{{- define "salur.mongoEnvironment" -}}
{{- $mongo := .root.Values.mongo -}}
{{- $own := index .root.Values .name -}}
- name: SALUR_MONGO__URL
  valueFrom:
    secretKeyRef:
      name: {{ default $mongo.existingSecret ($own.mongo).existingSecret }}
      key: {{ $mongo.key }}
{{- if $mongo.allowPlaintext }}
- name: SALUR_MONGO__ALLOW_PLAINTEXT
  value: "true"
{{- end }}
- name: SALUR_MONGO__CASES_DATABASE
  value: {{ $mongo.casesDatabase }}
- name: SALUR_MONGO__PRIVATE_DATABASE
  value: {{ $mongo.privateDatabase }}
{{- end -}}

{{- define "salur.environment" -}}
{{- $values := .root.Values -}}
{{- $own := index $values .name -}}
- name: SALUR_HOST
  value: {{ $values.host | quote }}
- name: SALUR_PORT
  value: {{ $values.port | quote }}
- name: SALUR_INSTANCE
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: SALUR_LOG_LEVEL
  value: {{ $values.logLevel }}
{{ include "salur.kafkaEnvironment" (dict "root" .root "user" .name "own" $own.kafka) }}
{{ include "salur.mongoEnvironment" . }}
- name: SALUR_STAGE__MAX_RECORDS
  value: {{ $values.stage.maxRecords | quote }}
- name: SALUR_STAGE__DRAIN_SECONDS
  value: {{ $values.stage.drainSeconds | quote }}
- name: SALUR_STAGE__DEAD_LETTER_LIMIT
  value: {{ $values.stage.deadLetterLimit | quote }}
- name: SALUR_STOP_SECONDS
  value: {{ $values.shutdown.requestSeconds | quote }}
{{- if has .name (list "intake" "metrics") }}
- name: SALUR_STOP_DELAY_SECONDS
  value: {{ $values.shutdown.delaySeconds | quote }}
- name: SALUR_KEEP_ALIVE_SECONDS
  value: {{ $values.shutdown.keepAliveSeconds | quote }}
{{- end }}
{{- with $values.tracing.endpoint }}
- name: SALUR_TRACING__ENDPOINT
  value: {{ . | quote }}
- name: SALUR_TRACING__SAMPLE
  value: {{ $values.tracing.sample | quote }}
{{- end }}
{{- if eq .name "router" }}
{{- with $own.supervisor }}
- name: ROUTER_SUPERVISOR
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- if eq .name "intake" }}
- name: INTAKE_SECRET
  valueFrom:
    secretKeyRef:
      name: {{ $own.secret.existingSecret }}
      key: {{ $own.secret.key }}
- name: INTAKE_VAULT_KEYS
  valueFrom:
    secretKeyRef:
      name: {{ $own.vaultKeys.existingSecret }}
      key: {{ $own.vaultKeys.key }}
{{- with $own.trustedProxies }}
- name: INTAKE_TRUSTED_PROXIES
  value: {{ join "," . | quote }}
{{- end }}
- name: INTAKE_PROXY_HEADER
  value: {{ $own.proxyHeader }}
{{- end }}
{{- if eq .name "notifier" }}
{{ include "salur.notifierEnvironment" . }}
{{- end }}
{{ include "salur.dataEnvironment" . }}
{{- with concat $values.pods.extraEnv $own.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "salur.notifierEnvironment" -}}
{{- $own := .root.Values.notifier -}}
{{- if $own.smtp.host -}}
- name: NOTIFIER_SMTP__HOST
  value: {{ $own.smtp.host }}
- name: NOTIFIER_SMTP__PORT
  value: {{ $own.smtp.port | quote }}
- name: NOTIFIER_SMTP__TLS
  value: {{ $own.smtp.tls | quote }}
- name: NOTIFIER_SMTP__SENDER
  value: {{ required "notifier.smtp.sender: the address that mail comes from" $own.smtp.sender | quote }}
{{- if $own.smtp.username }}
- name: NOTIFIER_SMTP__USERNAME
  value: {{ $own.smtp.username | quote }}
- name: NOTIFIER_SMTP__PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ required "notifier.smtp.passwordSecret.name: the Secret of the mail server's password" $own.smtp.passwordSecret.name }}
      key: {{ $own.smtp.passwordSecret.key }}
{{- end }}
{{- end }}
{{- if $own.sms.existingSecret }}
- name: NOTIFIER_SMS__URL
  valueFrom:
    secretKeyRef:
      name: {{ $own.sms.existingSecret }}
      key: url
- name: NOTIFIER_SMS__HEADERS
  valueFrom:
    secretKeyRef:
      name: {{ $own.sms.existingSecret }}
      key: headers
{{- end }}
{{- if or (and $own.smtp.host $own.reporters.byEmail) $own.sms.existingSecret }}
- name: NOTIFIER_CONTACT_KEYS
  valueFrom:
    secretKeyRef:
      name: {{ $own.contactKeys.existingSecret }}
      key: {{ $own.contactKeys.key }}
{{- end }}
{{- if $own.trackingKey.existingSecret }}
- name: NOTIFIER_TRACKING_KEY
  valueFrom:
    secretKeyRef:
      name: {{ $own.trackingKey.existingSecret }}
      key: {{ $own.trackingKey.key }}
{{- end }}
- name: NOTIFIER_REPORTERS__BY_EMAIL
  value: {{ $own.reporters.byEmail | quote }}
{{- with $own.reporters.page }}
- name: NOTIFIER_REPORTERS__PAGE
  value: {{ . | quote }}
{{- end }}
{{- with $own.reporters.links }}
- name: NOTIFIER_REPORTERS__LINKS
  value: {{ . | quote }}
{{- end }}
{{- end -}}

{{/* One ConfigMap names institutions and categories for everybody: the services must agree. */}}
{{- define "salur.dataEnvironment" -}}
{{- $files := dict -}}
{{- if .root.Values.data.configMap -}}
{{- range .root.Values.data.files -}}
{{- $_ := set $files . (printf "/etc/salur/data/%s" .) -}}
{{- end -}}
{{- end -}}
{{- $wanted := dict
  "intake" (dict "INTAKE_DIRECTORY" "institutions.csv")
  "router" (dict "ROUTER_DIRECTORY" "institutions.csv" "ROUTER_TAXONOMY" "taxonomy.csv" "ROUTER_NEEDS" "needs.csv" "ROUTER_RULES" "rules.csv" "ROUTER_LIMITS" "limits.csv" "ROUTER_CALENDAR" "calendar.csv")
  "notifier" (dict "NOTIFIER_DIRECTORY" "institutions.csv")
  "metrics" (dict "METRICS_DIRECTORY" "institutions.csv" "METRICS_TAXONOMY" "taxonomy.csv" "METRICS_UNIT_RULES" "rules.csv")
  "topics" (dict "ROUTER_DIRECTORY" "institutions.csv")
  "operator" (dict "INTAKE_DIRECTORY" "institutions.csv" "ROUTER_DIRECTORY" "institutions.csv" "NOTIFIER_DIRECTORY" "institutions.csv" "METRICS_DIRECTORY" "institutions.csv")
-}}
{{- range $variable, $file := index $wanted .name }}
{{- with index $files $file }}
- name: {{ $variable }}
  value: {{ . }}
{{- end }}
{{- end }}
{{- end -}}
