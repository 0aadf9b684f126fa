// Package s3 keeps state in a bucket of an S3-compatible object store with conditional writes (If-Match and If-None-Match): the
// lock needs no second service.
package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/gantry-power/gantry/state/backend"
)

// Config is what the state block says. The keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, from ~/.aws/credentials, or
// from the role of the machine.
type Config struct {
	Bucket   string
	Prefix   string // before every key
	Endpoint string // address; default https://s3.amazonaws.com
	Region   string
	Estate   string
}

type engine struct {
	c      *minio.Client
	bucket string
	prefix string
	where  string
}

// Open prepares the client, and looks at the bucket.
func Open(ctx context.Context, c Config) (backend.Engine, error) {
	if c.Endpoint == "" {
		c.Endpoint = "https://s3.amazonaws.com"
	}
	u, err := url.Parse(c.Endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("endpoint %q is no address; write https://HOST", c.Endpoint)
	}
	cl, err := minio.New(u.Host, &minio.Options{Secure: u.Scheme == "https", Region: c.Region, MaxRetries: 1,
		Creds: credentials.NewChainCredentials([]credentials.Provider{&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}, &credentials.IAM{}})})
	if err != nil {
		return nil, err
	}
	prefix := strings.Trim(c.Prefix+"/"+c.Estate, "/") + "/"
	e := &engine{c: cl, bucket: c.Bucket, prefix: prefix, where: "s3 " + c.Endpoint + "/" + c.Bucket + "/" + strings.TrimSuffix(prefix, "/")}
	ok, err := cl.BucketExists(ctx, c.Bucket)
	if err == nil && !ok {
		err = errors.New("there is no such bucket")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.where, err)
	}
	return e, nil
}

func (e *engine) Location() string { return e.where }
func (e *engine) Close() error     { return nil }

func told(err error) error {
	switch r := minio.ToErrorResponse(err); {
	case err == nil:
		return nil
	case r.Code == "PreconditionFailed" || r.Code == "ConditionalRequestConflict" || r.StatusCode == 412:
		return backend.ErrConflict
	case r.StatusCode == 403 || r.Code == "NoSuchBucket" || r.StatusCode == 501:
		return &backend.Final{Err: err}
	}
	return err
}

func missing(err error) bool { return minio.ToErrorResponse(err).Code == "NoSuchKey" }

func (e *engine) Get(ctx context.Context, name string) (*backend.Document, error) {
	o, err := e.c.GetObject(ctx, e.bucket, e.prefix+name, minio.GetObjectOptions{})
	if err != nil {
		return nil, told(err)
	}
	defer o.Close()
	b, err := io.ReadAll(o)
	if missing(err) || err == nil && string(b) == removed {
		return nil, nil
	}
	if err != nil {
		return nil, told(err)
	}
	i, err := o.Stat()
	return &backend.Document{Name: name, Body: b, Version: i.ETag}, told(err)
}

func (e *engine) write(ctx context.Context, name string, body []byte, o minio.PutObjectOptions) (string, error) {
	o.ContentType, o.DisableMultipart = "application/json", true
	i, err := e.c.PutObject(ctx, e.bucket, e.prefix+name, bytes.NewReader(body), int64(len(body)), o)
	return i.ETag, told(err)
}

func (e *engine) Put(ctx context.Context, name string, body []byte, c backend.Condition) (string, error) {
	if c.Guard != nil {
		// S3 looks at one object only. A change whose serial is taken is refused all the same.
		g, err := e.c.StatObject(ctx, e.bucket, e.prefix+c.Guard.Name, minio.StatObjectOptions{})
		if missing(err) || err == nil && g.ETag != c.Guard.Version {
			return "", backend.ErrConflict
		}
		if err != nil {
			return "", told(err)
		}
	}
	var o minio.PutObjectOptions
	switch {
	case c.Absent:
		o.SetMatchETagExcept("*")
		v, err := e.write(ctx, name, body, o)
		if !errors.Is(err, backend.ErrConflict) {
			return v, err
		}
		i, serr := e.c.StatObject(ctx, e.bucket, e.prefix+name, minio.StatObjectOptions{})
		if serr != nil || i.Size != int64(len(removed)) {
			return "", err
		}
		o = minio.PutObjectOptions{}
		o.SetMatchETag(i.ETag)
	case c.Version != "":
		o.SetMatchETag(c.Version)
	}
	v, err := e.write(ctx, name, body, o)
	if missing(err) {
		err = backend.ErrConflict
	}
	return v, err
}

// removed is what stands in an object that is not there any more.
const removed = "-"

// Delete removes objects. Where a version is asked for it writes that it is removed instead, because many stores have conditional
// writes and no conditional deletes.
func (e *engine) Delete(ctx context.Context, version string, names ...string) error {
	if version != "" {
		_, err := e.Put(ctx, names[0], []byte(removed), backend.Condition{Version: version})
		return err
	}
	for _, n := range names {
		if err := e.c.RemoveObject(ctx, e.bucket, e.prefix+n, minio.RemoveObjectOptions{}); err != nil && !missing(err) {
			return told(err)
		}
	}
	return nil
}

func (e *engine) Names(ctx context.Context, prefix string) ([]string, error) {
	var out []string
	for o := range e.c.ListObjects(ctx, e.bucket, minio.ListObjectsOptions{Prefix: e.prefix + prefix, Recursive: true}) {
		if o.Err != nil {
			return nil, told(o.Err)
		}
		if o.Size != int64(len(removed)) {
			out = append(out, strings.TrimPrefix(o.Key, e.prefix))
		}
	}
	slices.Sort(out)
	return out, nil
}

func (e *engine) Scan(ctx context.Context, prefix, after string) ([]backend.Document, error) {
	names, err := e.Names(ctx, prefix)
	if err != nil {
		return nil, err
	}
	var out []backend.Document
	for _, n := range names {
		if n <= after {
			continue
		}
		d, err := e.Get(ctx, n)
		if err != nil {
			return nil, err
		}
		if d != nil {
			out = append(out, *d)
		}
	}
	return out, nil
}
