{{/* What all pods have in common: the restricted profile, mounts, and where they may run. */}}

{{- define "salur.podSecurity" -}}
runAsNonRoot: true
{{- with .Values.userId }}
runAsUser: {{ int . }}
runAsGroup: {{ int . }}
fsGroup: {{ int . }}
fsGroupChangePolicy: OnRootMismatch
{{- end }}
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "salur.containerSecurity" -}}
runAsNonRoot: true
{{- with .Values.userId }}
runAsUser: {{ int . }}
runAsGroup: {{ int . }}
{{- end }}
allowPrivilegeEscalation: false
privileged: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/* The volume of the one bundle of authorities; empty where there is none. */}}
{{- define "salur.caVolume" -}}
{{- $bundle := .Values.caBundle -}}
{{- if and $bundle.secret $bundle.configMap -}}
{{- fail "caBundle: name a Secret or a ConfigMap, not both" -}}
{{- end -}}
{{- if or $bundle.secret $bundle.configMap -}}
- name: ca
  {{- if $bundle.secret }}
  secret:
    secretName: {{ $bundle.secret }}
    defaultMode: 0440
  {{- else }}
  configMap:
    name: {{ $bundle.configMap }}
    defaultMode: 0444
  {{- end }}
    items:
      - key: {{ $bundle.key }}
        path: {{ $bundle.key }}
{{- end -}}
{{- end -}}

{{- define "salur.mounts" -}}
- name: tmp
  mountPath: /tmp
{{- if include "salur.caVolume" .root }}
- name: ca
  mountPath: /etc/salur/ca
  readOnly: true
{{- end }}
{{- if .root.Values.kafka.caSecret.name }}
- name: kafka-ca
  mountPath: /etc/salur/kafka
  readOnly: true
{{- end }}
{{- if .root.Values.data.configMap }}
# A folder, not single files: its update is one rename, which the services notice.
- name: data
  mountPath: /etc/salur/data
  readOnly: true
{{- end }}
{{- with concat .root.Values.pods.extraVolumeMounts .own.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "salur.volumes" -}}
- name: tmp
  emptyDir:
    sizeLimit: {{ .root.Values.tmpSize }}
{{- with include "salur.caVolume" .root }}
{{ . }}
{{- end }}
{{- if .root.Values.kafka.caSecret.name }}
- name: kafka-ca
  secret:
    secretName: {{ .root.Values.kafka.caSecret.name }}
    defaultMode: 0440
    items:
      - key: {{ .root.Values.kafka.caSecret.key }}
        path: {{ .root.Values.kafka.caSecret.key }}
{{- end }}
{{- if .root.Values.data.configMap }}
- name: data
  configMap:
    name: {{ .root.Values.data.configMap }}
    defaultMode: 0444
{{- end }}
{{- with concat .root.Values.pods.extraVolumes .own.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "salur.placement" -}}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.pods.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with default .root.Values.pods.nodeSelector .own.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with default .root.Values.pods.tolerations .own.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with default .root.Values.pods.affinity .own.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/*
How long a pod may take to go: the pause before SIGTERM, the delay and the requests after it, two
stages that finish the batch in hand one after the other (the notifier has two), and closing.
*/}}
{{- define "salur.graceSeconds" -}}
{{- $shutdown := .Values.shutdown -}}
{{- add $shutdown.preStopSeconds $shutdown.delaySeconds $shutdown.requestSeconds (mul 2 .Values.stage.drainSeconds) 15 -}}
{{- end -}}

{{- define "salur.probes" -}}
# Alive: the process polls. Never whether Kafka or the database answers, or an outage would restart
# every pod.
startupProbe:
  httpGet: {path: /livez, port: http}
  periodSeconds: 2
  failureThreshold: 60
  timeoutSeconds: 2
livenessProbe:
  httpGet: {path: /livez, port: http}
  periodSeconds: 10
  failureThreshold: 6
  timeoutSeconds: 5
# Ready: started, has had its first assignment, and makes progress; the answer names the reason.
readinessProbe:
  httpGet: {path: /readyz, port: http}
  periodSeconds: 5
  failureThreshold: 3
  timeoutSeconds: 5
{{- end -}}
