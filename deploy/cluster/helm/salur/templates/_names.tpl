{{/* Names and labels. `root` is the chart's context, `name` a service such as router. */}}

{{- define "salur.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains (default .Chart.Name .Values.nameOverride) .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (default .Chart.Name .Values.nameOverride) | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "salur.releaseSelector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "salur.selector" -}}
{{ include "salur.releaseSelector" .root }}
app.kubernetes.io/component: {{ .name }}
{{- end -}}

{{- define "salur.chartLabels" -}}
{{ include "salur.releaseSelector" . }}
app.kubernetes.io/part-of: salur
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- with .Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "salur.labels" -}}
{{ include "salur.chartLabels" .root }}
app.kubernetes.io/component: {{ .name }}
{{- end -}}

{{/* A rule or dashboard of the files, whose links lead to where the runbook is served. */}}
{{- define "salur.withRunbook" -}}
{{- $runbook := default "deploy/README.md" .root.Values.monitoring.runbook -}}
{{- .text | replace "deploy/README.md" $runbook -}}
{{- end -}}

{{- define "salur.image" -}}
{{- $image := .Values.image -}}
{{- $name := printf "%s/%s" $image.registry $image.repository | trimPrefix "/" -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $name $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (default .Chart.AppVersion $image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "salur.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "salur.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}
